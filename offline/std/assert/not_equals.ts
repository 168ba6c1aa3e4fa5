import { isDeepStrictEqual } from "node:util";
import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that two values are not equal in structure.
 *
 * ```ts
 * import { assertNotEquals } from "@std/assert";
 *
 * assertNotEquals([1, 2], [2, 1]);
 * ```
 *
 * @param actual the value found
 * @param expected the value it should differ from
 * @param msg what to say when it does not
 * @throws {AssertionError} if they are equal
 */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!isDeepStrictEqual(actual, expected)) return;
  throw new AssertionError(withReason(`Values are equal, both ${brief(actual)}`, msg));
}
