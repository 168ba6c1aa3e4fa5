import type { FoundViolation } from "../result/exploration.ts";
import type { Step } from "../target/subject.ts";
import type { Violation } from "../result/violation.ts";
import type { RunTimeFaultName } from "./explore_options.ts";

/** The fields of every finding. */
export interface FindingBase {
  /** The workload. */
  readonly steps: readonly Step[];
  /** The same in words, for each step. */
  readonly words: readonly string[];
  /** The fault model. */
  readonly preset: string;
  /** Plays it again: `replay(format, token)`. */
  readonly token: string;
}

/** Storage that failed, in the run that a finding is about. */
export interface FindingFault {
  /** The fault. */
  readonly name: Exclude<RunTimeFaultName, "bit-rot">;
  /** Which of the requests that it can hit, from 0. */
  readonly nth: number;
}

/** A crash during the workload leaves a file that breaks a promise. */
export interface CrashFinding extends FindingBase {
  /** Tells the kinds of finding apart. */
  readonly kind: "crash";
  /** The promise, and the smallest state found that breaks it. */
  readonly violation: FoundViolation;
  /** The storage fault of the run, if there was one. */
  readonly fault?: FindingFault;
  /** Which request completed next, each time, if requests were in flight together. */
  readonly order?: readonly number[];
}

/** The format refuses the workload, without any crash. */
export interface RefusedFinding extends FindingBase {
  /** Tells the kinds of finding apart. */
  readonly kind: "refused";
  /** The reason for the refusal. */
  readonly violation: Violation;
  /** Which request completed next, each time, if requests were in flight together. */
  readonly order?: readonly number[];
}

/** After a storage fault the format reads something wrong, without any crash. */
export interface SessionFinding extends FindingBase {
  /** Tells the kinds of finding apart. */
  readonly kind: "session";
  /** The broken promise. */
  readonly violation: Violation;
  /** The storage fault. */
  readonly fault: FindingFault;
}

/** A bit of the closed file changed, and the format does not notice. */
export interface BitRotFinding extends FindingBase {
  /** Tells the kinds of finding apart. */
  readonly kind: "bit-rot";
  /** The undetected damage. */
  readonly violation: Violation;
  /** Which bit of the file, from 0. */
  readonly bit: number;
}

/** Something wrong that an exploration found. */
export type Finding = CrashFinding | RefusedFinding | SessionFinding | BitRotFinding;
