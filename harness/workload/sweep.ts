import { StateCounter } from "../result/count_states.ts";
import { exploreLazily } from "../engine/lazy.ts";
import type { Exploration } from "../result/exploration.ts";
import type { Preset } from "../model/presets.ts";
import type { Recording, Subject } from "../target/subject.ts";
import type { Refusal } from "../target/target.ts";
import type { ViolationKind } from "../result/violation.ts";
import type { SweepCoverage, SweepFinding, SweepResult } from "./sweep_result.ts";
import type { GeneratedWorkload, WorkloadSource } from "./workload_source.ts";

/** How to sweep. */
export interface SweepOptions {
  /** The fault models that each workload is explored under. */
  readonly presets: readonly Preset[];
  /** How many crashes in a row: with 2, recoveries are cut short as well; 1 if not given. */
  readonly depth?: number;
  /** Whether to continue after the first finding, to one of each kind; false if not given. */
  readonly continueAfterFailure?: boolean;
  /** The most workloads; all if not given. */
  readonly maxWorkloads?: number;
  /** The most time, by a clock of milliseconds; unlimited if not given. */
  readonly time?: { readonly maxMilliseconds: number; readonly now: () => number };
  /** Receives, before each workload, how many are done and how many of them fail. */
  readonly onProgress?: (done: number, failing: number) => void;
}

/**
 * Run each of the workloads on a fresh file of the subject, and explore every state that a crash
 * during it can leave.
 */
export function sweep(
  subject: Subject,
  source: WorkloadSource,
  options: SweepOptions,
): SweepResult {
  const { maxWorkloads = Infinity, time } = options;
  const end = time && time.now() + time.maxMilliseconds;
  const tally = new Tally(subject);
  const reasonToStop = () => {
    if (tally.failing > 0 && !options.continueAfterFailure) return "first finding";
    if (tally.workloads >= maxWorkloads) return "workload budget";
    return time && time.now() >= end! ? "time budget" : undefined;
  };
  for (const workload of source.workloads) {
    const by = reasonToStop();
    if (by) return tally.result(options, source, { by, of: source.count() });
    options.onProgress?.(tally.workloads, tally.failing);
    tally.add(workload, options);
  }
  return tally.result(options, source);
}

/** The findings so far. */
class Tally {
  readonly #subject: Subject;
  readonly #states = new StateCounter();
  readonly #findings = new Map<ViolationKind | "refused", SweepFinding>();
  #recoveries = 0;
  /** Workloads that were run. */
  workloads = 0;
  /** Of these, the ones that show something. */
  failing = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Run a workload and explore it. Throws errors that are no refusal, with the workload. */
  add(workload: GeneratedWorkload, options: SweepOptions): void {
    this.workloads++;
    try {
      const recorded = this.#record(workload);
      const fails = "refusal" in recorded || this.#explore(workload, recorded, options);
      if (fails) this.failing++;
    } catch (error) {
      const steps = JSON.stringify(workload.steps);
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`sweep: ${this.#subject.name} at the workload ${steps}: ${why}`, {
        cause: error,
      });
    }
  }

  #record(workload: GeneratedWorkload): Recording | { readonly refusal: Refusal } {
    try {
      return this.#subject.record(workload.steps);
    } catch (error) {
      const refusal = this.#subject.refusal?.(error);
      if (!refusal) throw error;
      this.#note("refused", { kind: "refused", ...workload, refusal });
      return { refusal };
    }
  }

  /** Whether a crash breaks a promise. */
  #explore(
    workload: GeneratedWorkload,
    { log, target, guestBytes }: Recording,
    { presets, depth = 1 }: SweepOptions,
  ): boolean {
    let fails = false;
    for (const preset of presets) {
      const exploration = exploreLazily(log, target, preset, { guestBytes, depth });
      this.#count(exploration);
      for (const violation of exploration.violations) {
        fails = true;
        const finding = { kind: "crash", ...workload, preset: preset.name, violation } as const;
        this.#note(violation.kind, finding);
      }
    }
    return fails;
  }

  #count({ states, recoveries }: Exploration): void {
    this.#states.add(states.log2, () => BigInt(states.exact ?? 0));
    this.#recoveries += recoveries;
  }

  #note(kind: ViolationKind | "refused", finding: SweepFinding): void {
    if (!this.#findings.has(kind)) this.#findings.set(kind, finding);
  }

  /** All of it. */
  result(
    { presets, depth = 1 }: SweepOptions,
    { origin }: WorkloadSource,
    stopped?: SweepCoverage["stopped"],
  ): SweepResult {
    return {
      verdict: this.failing === 0 ? "clean" : "violation",
      subject: this.#subject.name,
      presets: presets.map(({ name }) => name),
      depth,
      coverage: { origin, workloads: this.workloads, ...(stopped && { stopped }) },
      states: this.#states.total,
      recoveries: this.#recoveries,
      failing: this.failing,
      findings: [...this.#findings.values()],
    };
  }
}
