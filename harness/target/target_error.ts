import { StepLimitError } from "../../lib/storage/mod.ts";
import type { Refusal, Target } from "./target.ts";
import { ChoiceError } from "../choices/choices.ts";
import { NotDeterministicError } from "../choices/not_deterministic_error.ts";

/**
 * An error that the code of a target threw and does not count among its refusals: a bug in the format
 * under test, or in how it is made a target. Nothing can be concluded until it is mended.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { TargetError } from "@powercut/powercut/harness/advanced";
 *
 * const cause = new TypeError("table is undefined");
 * assertThrows(
 *   () => {
 *     throw new TargetError("toy", cause);
 *   },
 *   TargetError,
 *   "target 'toy' threw an unexpected error: TypeError: table is undefined",
 * );
 * ```
 */
export class TargetError extends Error {
  /** The name of this kind of error. */
  override readonly name = "TargetError";

  /** `target` threw `cause`, whose stack says where. */
  constructor(target: string, cause: unknown) {
    super(`target '${target}' threw an unexpected error: ${cause}`, { cause });
  }
}

/** Errors that already explain themselves. */
const OTHERS = [TargetError, StepLimitError, NotDeterministicError, ChoiceError];

/** The refusal that `error` stands for. Throws {@linkcode TargetError} if it is none. */
export function refusalOf(target: Target, error: unknown): Refusal {
  const refusal = target.refusal(error);
  if (refusal !== undefined) return refusal;
  throw OTHERS.some((kind) => error instanceof kind) ? error : new TargetError(target.name, error);
}
