import { assertInstanceOf, AssertionError, assertThrows } from "@std/assert";

Deno.test("assertInstanceOf() accepts an instance, and narrows its type", () => {
  const value: unknown = new RangeError("offset");
  assertInstanceOf(value, Error);
  value.message.trim();
});

Deno.test("assertInstanceOf() throws on anything else", () => {
  for (const value of [{}, null, undefined, "text", new Error("e")]) {
    assertThrows(() => assertInstanceOf(value, RangeError), AssertionError, "of RangeError, got");
  }
});
