import type { Step } from "../target/subject.ts";
import type { DiskShape } from "./disk_shape.ts";

/** Steps after which the log, or the promises to the guest, start again. */
type Pause = "flush" | "reopen" | "snapshot";

/**
 * Pairs of pauses in which the second does nothing, or undoes the purpose of the first: a snapshot
 * closes the file cleanly and begins a new log, whatever came just before.
 */
const IDLE_PAIRS: Readonly<Record<Pause, readonly Pause[]>> = {
  flush: ["flush", "snapshot"],
  reopen: ["reopen", "snapshot"],
  snapshot: ["flush", "reopen", "snapshot"],
};

/**
 * The reason why `next` does not extend `before`, or undefined if it does. Excluded sequences have
 * no crash state that another sequence does not have:
 * - a flush, a reopen or a snapshot with nothing to do, see above; or a flush or a reopen at the
 *   start;
 * - growing to a size that is not larger;
 * - a request past the end of the disk.
 */
export function reasonToLeaveOut(
  before: readonly Step[],
  next: Step,
  shape: Pick<DiskShape, "sizeBytes">,
): string | undefined {
  const last = before.at(-1);
  const guestBytes = sizeAfter(before, shape);
  switch (next.kind) {
    case "flush":
    case "reopen":
    case "snapshot":
      if (!last) return next.kind === "snapshot" ? undefined : `${next.kind} with nothing before`;
      return isPause(last) && IDLE_PAIRS[last.kind].includes(next.kind)
        ? `${next.kind} after ${last.kind}`
        : undefined;
    case "grow":
      return next.sizeBytes > guestBytes ? undefined : "grows to a size that is not larger";
    case "close":
      return last ? undefined : "close with nothing before";
    default:
      return next.offsetBytes + next.lengthBytes > guestBytes ? "past the end" : undefined;
  }
}

/**
 * Why a sequence may not end here: the log is empty after a snapshot, and nothing is found that was
 * not found without it.
 */
export function reasonNotToEnd(steps: readonly Step[]): string | undefined {
  return steps.at(-1)?.kind === "snapshot" ? "ends with a snapshot" : undefined;
}

function isPause(step: Step): step is Step & { readonly kind: Pause } {
  return Object.hasOwn(IDLE_PAIRS, step.kind);
}

/** The size of the guest's disk after these steps, in bytes. */
function sizeAfter(steps: readonly Step[], { sizeBytes }: Pick<DiskShape, "sizeBytes">): number {
  return steps.reduce(
    (size, step) => step.kind === "grow" ? Math.max(size, step.sizeBytes) : size,
    sizeBytes,
  );
}
