import { AssertionError } from "./assertion_error.ts";

/**
 * Asserts that a condition holds, and narrows its type.
 *
 * ```ts
 * import { assert } from "@std/assert";
 *
 * const found: number | undefined = [1, 2, 3].find((number) => number > 1);
 * assert(found !== undefined);
 * assert(found.toFixed(1) === "2.0");
 * ```
 *
 * @param expr the condition; anything truthy holds
 * @param msg what to say when it does not
 * @throws {AssertionError} if `expr` is falsy
 */
export function assert(expr: unknown, msg: string = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}
