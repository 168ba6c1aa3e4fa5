import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a string contains another.
 *
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 *
 * assertStringIncludes("cluster size: 65536", "65536");
 * ```
 *
 * @param actual the string
 * @param expected the part it should contain
 * @param msg what to say when it does not
 * @throws {AssertionError} if the part is not there
 */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `${withReason(`Expected to find ${brief(expected)}`, msg)}, but there is only:\n${actual}`,
  );
}
