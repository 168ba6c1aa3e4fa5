import { checkExpectedError, type ErrorClass, readExpectedError } from "./_expected_error.ts";
import { isPromiseLike } from "./_is_promise_like.ts";
import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a function returns a promise and that it rejects, whatever with.
 *
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => Promise.reject(new Error("no space left")));
 * ```
 *
 * @param fn the function to call
 * @param msg what to say when the promise resolves
 * @returns what the promise rejected with
 * @throws {AssertionError} if the promise resolves, or if `fn` throws or returns before there is one
 */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/**
 * Asserts that a function returns a promise that rejects with an error of a class, and perhaps that
 * its message contains a text.
 *
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => Deno.open("/no/such/image"), Deno.errors.NotFound);
 * ```
 *
 * @param fn the function to call
 * @param ErrorClass the class the error must be of
 * @param msgIncludes what its message must contain
 * @param msg what to say when the promise resolves, or rejects with something else
 * @returns the error
 * @throws {AssertionError} if the promise resolves or rejects with something else, or if `fn` throws
 * or returns before there is one
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  errorClassOrMsg?: ErrorClass | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const expected = readExpectedError(errorClassOrMsg, msgIncludes, msg);
  const promise = callForPromise(fn, expected.msg);
  try {
    await promise;
  } catch (thrown) {
    checkExpectedError(thrown, expected);
    return thrown;
  }
  throw new AssertionError(
    withReason("Expected the promise to reject, but it resolved", expected.msg),
  );
}

function callForPromise(fn: () => unknown, msg: string | undefined): PromiseLike<unknown> {
  let returned: unknown;
  try {
    returned = fn();
  } catch (thrown) {
    throw new AssertionError(
      withReason("Expected a promise that rejects, but the function itself threw", msg),
      { cause: thrown },
    );
  }
  if (isPromiseLike(returned)) return returned;
  throw new AssertionError(
    withReason("Expected a promise that rejects, but the function returned none", msg),
  );
}
