import type { WriteLog } from "../log/write_log.ts";
import type { Refusal, Target } from "./target.ts";

/** A guest's request for a range of its disk, in bytes. */
export interface RangeStep {
  /** The request. */
  readonly kind: "write" | "zero" | "discard";
  /** Where the range starts. */
  readonly offsetBytes: number;
  /** How long it is. */
  readonly lengthBytes: number;
}

/**
 * One step of a workload: a request of the guest, or of the program that runs it. Plain data: a
 * workload can be generated, stored in a file, and shrunk.
 * - `grow`: the guest's disk grows to `sizeBytes`;
 * - `reopen`: the file is closed cleanly and opened again;
 * - `snapshot`: the guest continues on a new overlay of this file. Earlier writes are durable then,
 *   and the log begins again;
 * - `close`: the file is closed cleanly; the last step.
 */
export type Step =
  | RangeStep
  | { readonly kind: "grow"; readonly sizeBytes: number }
  | { readonly kind: "flush" }
  | { readonly kind: "reopen" | "snapshot" | "close" };

/** The result of running a workload. */
export interface Recording {
  /** The writes that reached the file, and the requests and acknowledgements of the guest. */
  readonly log: WriteLog;
  /** The target that checks the states of the log. */
  readonly target: Target;
  /** The size of the part of the guest's disk that is checked, in bytes. */
  readonly guestBytes: number;
  /** For each step, how many events the log had when it began; 0 if a later step began it again. */
  readonly stepStarts: readonly number[];
}

/**
 * A format under test and a way to run workloads on it. A {@linkcode Target} belongs to one log, a
 * subject to any workload: generators make workloads for it, shrinking runs smaller ones.
 */
export interface Subject {
  /** The name in reports and in replay files. */
  readonly name: string;
  /**
   * Run `steps` on a fresh file and record them. The same steps give the same log. Throws what the
   * driver throws; {@linkcode Subject.refusal} says whether that is a refusal of the format.
   */
  record(steps: readonly Step[]): Recording;
  /**
   * The refusal, if `error` is one; undefined for a bug. Optional: omit it if the format refuses no
   * workload.
   */
  refusal?(error: unknown): Refusal | undefined;
}
