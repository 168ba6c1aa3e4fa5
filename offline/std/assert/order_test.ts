import {
  assertGreater,
  assertGreaterOrEqual,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";

Deno.test("assertGreater() wants more than the bound", () => {
  assertGreater(2, 1);
  assertThrows(() => assertGreater(1, 1, "flushes"), AssertionError, "than 1: flushes");
  assertThrows(() => assertGreater(NaN, 1), AssertionError);
});

Deno.test("assertGreaterOrEqual() wants the bound or more", () => {
  assertGreaterOrEqual(1n, 1n);
  assertThrows(() => assertGreaterOrEqual(0n, 1n, "flushes"), AssertionError, "to 1n: flushes");
});

Deno.test("assertLess() wants less than the bound", () => {
  assertLess("a", "b");
  assertThrows(() => assertLess(1, 1, "flushes"), AssertionError, "than 1: flushes");
});

Deno.test("assertLessOrEqual() wants the bound or less", () => {
  assertLessOrEqual(1, 1);
  assertThrows(() => assertLessOrEqual(2, 1, "flushes"), AssertionError, "to 1: flushes");
});
