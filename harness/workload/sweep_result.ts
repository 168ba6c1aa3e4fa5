import type { FoundViolation, StateCount } from "../result/exploration.ts";
import type { Step } from "../target/subject.ts";
import type { Refusal } from "../target/target.ts";
import type { WorkloadOrigin } from "./workload_source.ts";

/** A finding of a sweep: a workload that breaks a promise, and how. */
export type SweepFinding =
  | {
    /** A crash during the workload leaves a file that breaks a promise. */
    readonly kind: "crash";
    /** The steps, in words. */
    readonly words: readonly string[];
    /** The same as steps. */
    readonly steps: readonly Step[];
    /** The fault model. */
    readonly preset: string;
    /** The promise, with the smallest state found that breaks it. */
    readonly violation: FoundViolation;
  }
  | {
    /** The format refuses to carry the workload out, without any crash. */
    readonly kind: "refused";
    /** The steps, in words. */
    readonly words: readonly string[];
    /** The same as steps. */
    readonly steps: readonly Step[];
    /** The refusal. */
    readonly refusal: Refusal;
  };

/** How much of the workloads a sweep has searched. */
export interface SweepCoverage {
  /** Where the workloads come from. */
  readonly origin: WorkloadOrigin;
  /** Workloads that were run; the crash states of each are covered exhaustively. */
  readonly workloads: number;
  /** Why the rest was left, and how many there are with it; absent if all were run. */
  readonly stopped?: {
    readonly by: "first finding" | "workload budget" | "time budget";
    readonly of: number;
  };
}

/** The result of a sweep, as data. */
export interface SweepResult {
  /** `clean` if no state of any workload breaks a promise. */
  readonly verdict: "clean" | "violation";
  /** The subject's name. */
  readonly subject: string;
  /** The fault models. */
  readonly presets: readonly string[];
  /** How many crashes in a row. */
  readonly depth: number;
  /** How much was seen. */
  readonly coverage: SweepCoverage;
  /**
   * Pairs of crash point and state, summed over the explorations; shared states count each time.
   */
  readonly states: StateCount;
  /** Recoveries that were run. */
  readonly recoveries: number;
  /** Workloads of which a crash breaks a promise, or which were refused. */
  readonly failing: number;
  /** The first finding of each kind, in the order in which they were met. */
  readonly findings: readonly SweepFinding[];
}
