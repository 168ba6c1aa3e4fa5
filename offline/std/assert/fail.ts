import { AssertionError } from "./assertion_error.ts";

/**
 * Fails, always: for the branch a test must not reach.
 *
 * ```ts
 * import { AssertionError, assertThrows, fail } from "@std/assert";
 *
 * assertThrows(() => fail("the image opened"), AssertionError, "the image opened");
 * ```
 *
 * @param msg why being here is wrong
 * @throws {AssertionError} always
 */
export function fail(msg?: string): never {
  throw new AssertionError(msg === undefined ? "Failed" : `Failed: ${msg}`);
}
