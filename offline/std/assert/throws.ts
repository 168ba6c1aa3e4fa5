import { checkExpectedError, type ErrorClass, readExpectedError } from "./_expected_error.ts";
import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a function throws, whatever it throws.
 *
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => JSON.parse("{"));
 * ```
 *
 * @param fn the function to call
 * @param msg what to say when it returns
 * @returns what it threw
 * @throws {AssertionError} if it returns
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/**
 * Asserts that a function throws an error of a class, and perhaps that its message contains a text.
 *
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const error = assertThrows(() => BigInt(0.5), RangeError, "0.5");
 * assertEquals(error.name, "RangeError");
 * ```
 *
 * @param fn the function to call
 * @param ErrorClass the class the error must be of
 * @param msgIncludes what its message must contain
 * @param msg what to say when it returns, or throws something else
 * @returns the error
 * @throws {AssertionError} if it returns, or throws something else
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  errorClassOrMsg?: ErrorClass | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const expected = readExpectedError(errorClassOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (thrown) {
    checkExpectedError(thrown, expected);
    return thrown;
  }
  throw new AssertionError(
    withReason("Expected the function to throw, but it returned", expected.msg),
  );
}
