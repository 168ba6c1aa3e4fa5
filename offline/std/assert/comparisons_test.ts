import {
  assertAlmostEquals,
  assertGreater,
  assertGreaterOrEqual,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";

Deno.test("assertGreater() and its kin hold on one side of the bound", () => {
  assertGreater(2n, 1n);
  assertThrows(() => assertGreater(1, 1), AssertionError, "Expect 1 > 1");
  assertThrows(() => assertGreater(NaN, 1), AssertionError);
  assertGreaterOrEqual("b", "b");
  assertThrows(() => assertGreaterOrEqual("a", "b"), AssertionError, 'Expect "a" >= "b"');
  assertLess(1, 1.5);
  assertThrows(() => assertLess(1n, 1n), AssertionError, "Expect 1n < 1n");
  assertLessOrEqual(1, 1);
  assertThrows(() => assertLessOrEqual(2, 1, "two flushes"), AssertionError, "two flushes");
});

Deno.test("assertAlmostEquals() allows a ten-millionth by default", () => {
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertAlmostEquals(9e20, 9.0000000001e20);
  assertAlmostEquals(NaN, NaN);
  assertAlmostEquals(Infinity, Infinity);
  assertThrows(() => assertAlmostEquals(1e-8, 2e-8), AssertionError);
  assertThrows(
    () => assertAlmostEquals(1, 2, 0.5, "ratio"),
    AssertionError,
    'Expected actual: "1" to be close to "2": delta "1" is greater than "5e-1": ratio',
  );
  assertThrows(() => assertAlmostEquals(0, Infinity), AssertionError, 'close to "Infinity"');
});
