import type { WriteLog } from "./log/write_log.ts";
import type { Target } from "./target.ts";

/**
 * One thing that a guest, or whoever runs it, asks for. Plain data: a workload can be generated,
 * stored in a file, and cut down to what matters. Offsets and lengths are bytes of the guest's disk.
 */
export type Step =
  | {
    readonly kind: "write" | "zero" | "discard";
    readonly offsetBytes: number;
    readonly lengthBytes: number;
  }
  | { readonly kind: "grow"; readonly sizeBytes: number }
  | { readonly kind: "flush" | "reopen" | "snapshot" | "close" };

/** What came of running a workload. */
export interface Recording {
  /** What reached the file, and what the guest was told. */
  readonly log: WriteLog;
  /** The target that the states of the log are judged with. */
  readonly target: Target;
  /** How much of the guest's disk is looked at, in bytes. */
  readonly guestBytes: number;
  /** For each step, how many events the log had when it began. */
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
   * driver throws; {@linkcode Target.refusal} says whether that is the format's own refusal.
   */
  record(steps: readonly Step[]): Recording;
}
