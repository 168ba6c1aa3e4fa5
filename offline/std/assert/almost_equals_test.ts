import { assertAlmostEquals, AssertionError, assertThrows } from "@std/assert";

Deno.test("assertAlmostEquals() allows a ten-millionth by default", () => {
  assertAlmostEquals(1e9 + 50, 1e9);
  assertAlmostEquals(Infinity, Infinity);
  assertThrows(() => assertAlmostEquals(1e9 + 150, 1e9), AssertionError, "not 150");
});

Deno.test("assertAlmostEquals() allows the tolerance given, and no more", () => {
  assertAlmostEquals(-1.5, -1, 0.5);
  assertThrows(() => assertAlmostEquals(-1.6, -1, 0.5, "ratio"), AssertionError, ": ratio");
  assertThrows(() => assertAlmostEquals(NaN, 1, 0.5), AssertionError);
});
