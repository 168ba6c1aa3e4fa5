import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a value is greater than or equal to another.
 *
 * ```ts
 * import { assertGreaterOrEqual } from "@std/assert";
 *
 * assertGreaterOrEqual(512, 512);
 * ```
 *
 * @param actual the value found
 * @param expected the least it may be
 * @param msg what to say when it is not
 * @throws {AssertionError} if it is not
 */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (actual >= expected) return;
  throw new AssertionError(
    withReason(`Expected ${brief(actual)} to be greater than or equal to ${brief(expected)}`, msg),
  );
}
