/**
 * A target or a workload behaves differently when it runs again on the same bytes. Findings could
 * not be reproduced, and a search would not be exhaustive.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { NotDeterministicError } from "@powercut/powercut/harness/advanced";
 *
 * assertThrows(
 *   () => {
 *     throw new NotDeterministicError("recovery", 'request 3 is "flush", and again "size query"');
 *   },
 *   NotDeterministicError,
 *   "recovery is not deterministic: request 3",
 * );
 * ```
 */
export class NotDeterministicError extends Error {
  /** The name of this kind of error. */
  override readonly name = "NotDeterministicError";

  /** `what` is not deterministic; `difference` says where two runs first differ. */
  constructor(what: string, difference: string) {
    super(`${what} is not deterministic: ${difference}`);
  }
}

/**
 * The first line in which two runs of `what` differ, as the error to throw; undefined if none does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { differenceOf } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(differenceOf("recovery", "request", [["read"], ["read"]]), undefined);
 * const error = differenceOf("recovery", "request", [["read"], ["read", "flush"]]);
 * assertEquals(
 *   error?.message,
 *   'recovery is not deterministic: request 1 is missing, and when it is run again "flush"',
 * );
 * ```
 */
export function differenceOf(
  what: string,
  unit: string,
  [first, again]: readonly [readonly string[], readonly string[]],
): NotDeterministicError | undefined {
  const count = Math.max(first.length, again.length);
  for (let at = 0; at < count; at++) {
    if (first[at] === again[at]) continue;
    const [was, is] = [first, again].map((lines) => at in lines ? `"${lines[at]}"` : "missing");
    return new NotDeterministicError(
      what,
      `${unit} ${at} is ${was}, and when it is run again ${is}`,
    );
  }
  return undefined;
}
