import type { WriteLog } from "../log/write_log.ts";
import type { Refusal, Target } from "./target.ts";

/** A guest's request for a range of its disk, in bytes. */
export interface RangeStep {
  /** What is asked for. */
  readonly kind: "write" | "zero" | "discard";
  /** Where the range starts. */
  readonly offsetBytes: number;
  /** How long it is. */
  readonly lengthBytes: number;
}

/**
 * One thing that a guest, or whoever runs it, asks for. Plain data: a workload can be generated,
 * stored in a file, and cut down to what matters.
 * - `grow`: the guest's disk gets so many bytes;
 * - `reopen`: the file is closed cleanly and opened again;
 * - `snapshot`: the guest goes on on a new file in front of this one. What it did before is durable
 *   then, and the log begins again;
 * - `close`: the file is closed cleanly; the last step.
 */
export type Step =
  | RangeStep
  | { readonly kind: "grow"; readonly sizeBytes: number }
  | { readonly kind: "flush" }
  | { readonly kind: "reopen" | "snapshot" | "close" };

/** What came of running a workload. */
export interface Recording {
  /** What reached the file, and what the guest was told. */
  readonly log: WriteLog;
  /** The target that the states of the log are judged with. */
  readonly target: Target;
  /** How much of the guest's disk is looked at, in bytes. */
  readonly guestBytes: number;
  /** For each step, how many events the log had when it began; 0 if a later step began it again. */
  readonly stepStarts: readonly number[];
}

/**
 * A format under test and a way to run workloads on it. What a {@linkcode Target} is for one log, a
 * subject is for any workload: generators make workloads for it, shrinking runs smaller ones.
 */
export interface Subject {
  /** The name for reports, and in files that are to be replayed. */
  readonly name: string;
  /**
   * Run `steps` on a fresh file and record them. The same steps give the same log. Throws what the
   * driver throws; {@linkcode Subject.refusal} says whether that is the format's own refusal.
   */
  record(steps: readonly Step[]): Recording;
  /**
   * What is refused, if `error` is the format's own refusal; undefined for a program's bug. Leave it
   * out if no workload is ever refused.
   */
  refusal?(error: unknown): Refusal | undefined;
}
