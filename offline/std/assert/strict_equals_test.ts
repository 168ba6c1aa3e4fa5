import { AssertionError, assertStrictEquals, assertThrows } from "@std/assert";

Deno.test("assertStrictEquals() accepts the same value, and narrows its type", () => {
  const value: unknown = "dirty";
  assertStrictEquals(value, "dirty");
  value.toUpperCase();
  assertStrictEquals(NaN, NaN);
});

Deno.test("assertStrictEquals() throws on an equal structure that is another object", () => {
  assertThrows(() => assertStrictEquals([1], [1]), AssertionError, "not the same reference");
});

Deno.test("assertStrictEquals() throws on another value, and shows both", () => {
  assertThrows(() => assertStrictEquals(0, -0), AssertionError, "Values are not strictly equal");
  assertThrows(() => assertStrictEquals(1n, 2n, "L1 index"), AssertionError, "1n !== 2n");
});
