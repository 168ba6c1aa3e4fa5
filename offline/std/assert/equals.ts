import { isDeepStrictEqual } from "node:util";
import { describeDifference } from "./_difference.ts";
import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that two values are equal in structure: of the same class, with equal contents.
 * The message of a failure names the place of the first difference.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals({ offsets: [0, 65536n] }, { offsets: [0, 65536n] });
 * assertEquals(new Map([["dirty", true]]), new Map([["dirty", true]]));
 * ```
 *
 * @param actual the value found
 * @param expected the value it should equal
 * @param msg what to say when it does not
 * @throws {AssertionError} if they differ
 */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const failure = withReason("Values are not equal", msg);
  throw new AssertionError(`${failure}\n${describeDifference(actual, expected)}`);
}
