import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that `expr` is truthy, and narrows its type.
 *
 * @throws {AssertionError} with `msg` for its message, if it is not
 */
export function assert(expr: unknown, msg: string = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}
