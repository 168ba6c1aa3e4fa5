import { brief, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a value is an instance of a class, and narrows its type.
 *
 * ```ts
 * import { assertInstanceOf } from "@std/assert";
 *
 * const view: ArrayBufferView = new Uint8Array(8);
 * assertInstanceOf(view, Uint8Array);
 * view.fill(1);
 * ```
 *
 * @param actual the value
 * @param expectedType the class
 * @param msg what to say when it is none
 * @throws {AssertionError} if it is not an instance of the class
 */
export function assertInstanceOf<
  // deno-lint-ignore no-explicit-any
  T extends abstract new (...args: any[]) => any,
>(
  actual: unknown,
  expectedType: T,
  msg: string = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    withReason(`Expected an instance of ${expectedType.name}, got ${brief(actual)}`, msg),
  );
}
