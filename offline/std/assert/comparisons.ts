import { format, withMessage } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that `actual` is greater than `expected`.
 *
 * @throws {AssertionError} if it is not
 */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw notSo(actual, ">", expected, msg);
}

/**
 * Asserts that `actual` is greater than `expected` or equal to it.
 *
 * @throws {AssertionError} if it is not
 */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw notSo(actual, ">=", expected, msg);
}

/**
 * Asserts that `actual` is less than `expected`.
 *
 * @throws {AssertionError} if it is not
 */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw notSo(actual, "<", expected, msg);
}

/**
 * Asserts that `actual` is less than `expected` or equal to it.
 *
 * @throws {AssertionError} if it is not
 */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw notSo(actual, "<=", expected, msg);
}

/**
 * Asserts that two numbers are no further apart than `tolerance`: by default a ten-millionth of
 * `expected`.
 *
 * @throws {AssertionError} if they are
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7,
  msg?: string,
): void {
  const delta = Math.abs(actual - expected);
  if (Object.is(actual, expected) || delta <= tolerance) return;
  const [found, wanted, apart, allowed] = [actual, expected, delta, tolerance]
    .map((number) => Number.isInteger(number) ? `"${number}"` : `"${number.toExponential()}"`);
  const failure =
    `Expected actual: ${found} to be close to ${wanted}: delta ${apart} is greater than ${allowed}`;
  throw new AssertionError(withMessage(failure, msg));
}

function notSo(
  actual: unknown,
  relation: string,
  expected: unknown,
  msg: string | undefined,
): Error {
  return new AssertionError(msg ?? `Expect ${format(actual)} ${relation} ${format(expected)}`);
}
