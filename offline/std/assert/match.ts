import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a string matches a regular expression.
 *
 * ```ts
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch("12 crash states", /^\d+ crash states$/);
 * ```
 *
 * @param actual the string
 * @param expected the expression
 * @param msg what to say when it does not match
 * @throws {AssertionError} if it does not match
 */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(withReason(`Expected ${brief(actual)} to match ${expected}`, msg));
}
