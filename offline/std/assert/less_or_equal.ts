import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a value is less than or equal to another.
 *
 * ```ts
 * import { assertLessOrEqual } from "@std/assert";
 *
 * assertLessOrEqual(512, 512);
 * ```
 *
 * @param actual the value found
 * @param expected the most it may be
 * @param msg what to say when it is not
 * @throws {AssertionError} if it is not
 */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (actual <= expected) return;
  throw new AssertionError(
    withReason(`Expected ${brief(actual)} to be less than or equal to ${brief(expected)}`, msg),
  );
}
