import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a value is less than another.
 *
 * ```ts
 * import { assertLess } from "@std/assert";
 *
 * assertLess(511, 512);
 * ```
 *
 * @param actual the value found
 * @param expected the bound it must stay below
 * @param msg what to say when it is not
 * @throws {AssertionError} if it is not
 */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw new AssertionError(
    withReason(`Expected ${brief(actual)} to be less than ${brief(expected)}`, msg),
  );
}
