import { isDeepStrictEqual } from "node:util";
import { describeDifference } from "./_difference.ts";
import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that two values are the same one, by `Object.is`.
 *
 * ```ts
 * import { assertStrictEquals } from "@std/assert";
 *
 * const shared = new Uint8Array(4);
 * assertStrictEquals(shared.fill(1), shared);
 * ```
 *
 * @param actual the value found
 * @param expected the value it should be
 * @param msg what to say when it is not
 * @throws {AssertionError} if they are not the same
 */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const failure = withReason("Values are not strictly equal", msg);
  const difference = isDeepStrictEqual(actual, expected)
    ? `equal in structure, but not the same reference: ${brief(actual)}`
    : describeDifference(actual, expected);
  throw new AssertionError(`${failure}\n${difference}`);
}
