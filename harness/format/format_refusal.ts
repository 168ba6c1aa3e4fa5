import { StorageError } from "../../lib/storage/mod.ts";
import type { Refusal } from "../target/target.ts";

/**
 * Thrown by the code of a format that refuses a file or a request: a checksum that does not match,
 * a version that it does not know, a full disk. The explorer reports a refusal as a violation where
 * a crash caused it (`cannot-open`, `unusable`); any other error is taken for a bug of the format's
 * code, and ends the exploration.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { FormatRefusal, read } from "@powercut/powercut";
 * import { MemoryStorage, runSync } from "@powercut/powercut/lib";
 *
 * function* open() {
 *   const [magic] = yield* read(0, 512);
 *   if (magic !== 0x4b) throw new FormatRefusal("no magic number");
 * }
 * assertThrows(() => runSync(open(), [new MemoryStorage()]), FormatRefusal, "no magic number");
 * ```
 */
export class FormatRefusal extends Error {
  /** The name of this kind of error. */
  override readonly name = "FormatRefusal";

  /**
   * `reason` names the rule that is broken, in the same words for the same rule: it identifies the
   * violation. `detail` adds what differs from case to case: offsets, values.
   */
  constructor(
    /** The rule that is broken. */
    readonly reason: string,
    detail?: string,
  ) {
    super(detail === undefined ? reason : `${reason}: ${detail}`);
  }
}

/**
 * The reason, if `error` is a refusal: a {@linkcode FormatRefusal}, an error that storage
 * reported and the format passed on, or what `isRefusal` of the definition accepts.
 */
export function refusalFrom(
  error: unknown,
  isRefusal: (error: unknown) => boolean = () => false,
): Refusal | undefined {
  if (error instanceof FormatRefusal) return { subject: error.reason, detail: error.message };
  if (error instanceof StorageError) {
    // Code that follows an offset without looking at it goes where no file goes.
    const subject = error.code === "EINVAL" ? "a request out of bounds" : error.code;
    return { subject, detail: error.message };
  }
  if (!isRefusal(error)) return undefined;
  const detail = error instanceof Error ? error.message : String(error);
  return { subject: detail, detail };
}
