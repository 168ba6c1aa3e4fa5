import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a value is greater than another.
 *
 * ```ts
 * import { assertGreater } from "@std/assert";
 *
 * assertGreater(2n ** 63n, 0n);
 * ```
 *
 * @param actual the value found
 * @param expected the bound it must exceed
 * @param msg what to say when it is not
 * @throws {AssertionError} if it is not
 */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw new AssertionError(
    withReason(`Expected ${brief(actual)} to be greater than ${brief(expected)}`, msg),
  );
}
