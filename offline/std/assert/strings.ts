import { withMessage } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a string contains another.
 *
 * @throws {AssertionError} if it does not
 */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  const failure = `Expected actual: "${actual}" to contain: "${expected}"`;
  throw new AssertionError(withMessage(failure, msg));
}

/**
 * Asserts that a string matches a regular expression.
 *
 * @throws {AssertionError} if it does not
 */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  const failure = `Expected actual: "${actual}" to match: "${expected}"`;
  throw new AssertionError(withMessage(failure, msg));
}
