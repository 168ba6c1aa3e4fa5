import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

const RELATIVE_TOLERANCE = 1e-7;

/**
 * Asserts that two numbers are equal up to a tolerance.
 *
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(0.1 + 0.2, 0.3);
 * assertAlmostEquals(0.94, 0.96, 0.03);
 * ```
 *
 * @param actual the number found
 * @param expected the number it should be close to
 * @param tolerance how far apart they may be; by default a ten-millionth of `expected`
 * @param msg what to say when they are further apart
 * @throws {AssertionError} if they are further apart
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * RELATIVE_TOLERANCE) : RELATIVE_TOLERANCE);
  const distance = Math.abs(actual - expected);
  if (distance <= allowed) return;
  throw new AssertionError(
    withReason(`Expected ${actual} to be within ${allowed} of ${expected}, not ${distance}`, msg),
  );
}
