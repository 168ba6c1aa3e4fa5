import type { FoundViolation } from "../result/exploration.ts";
import type { Preset } from "../model/presets.ts";
import type { Recording, Step, Subject } from "../target/subject.ts";
import type { ViolationKind } from "../result/violation.ts";
import { findViolation, type Search } from "./find_violation.ts";
import { type Failure, shrinkSteps } from "./shrink_steps.ts";

/** The violation to shrink to, and limits of the search. */
export interface ShrinkOptions {
  /** The fault model. */
  readonly preset: Preset;
  /** The kind of violation that is to be kept. */
  readonly kind: ViolationKind;
  /** How many crashes in a row it takes; 1 if not given. */
  readonly depth?: number;
  /** A smaller workload counts as passing after this many recoveries; never if not given. */
  readonly maxRecoveries?: number;
}

/** A workload that shows a violation, as small as it gets. */
export interface ShrunkWorkload {
  /** The steps. */
  readonly steps: readonly Step[];
  /** The result of running them. */
  readonly recording: Recording;
  /** The violation. */
  readonly violation: FoundViolation;
  /** How the search went. */
  readonly effort: ShrinkEffort;
}

/** The cost of shrinking, and the workloads left undecided. */
export interface ShrinkEffort {
  /** Different workloads that were run. */
  readonly workloads: number;
  /** Recoveries that were run. */
  readonly recoveries: number;
  /** Of the workloads, those that the format refused, or that threw: they count as not failing. */
  readonly refused: number;
  /** Of the workloads, those given up after too many recoveries: a smaller one may be among them. */
  readonly cutShort: number;
}

/**
 * The smallest workload reachable from `steps` that shows a violation of the given kind; undefined
 * if `steps` do not. While the workload is large, the search covers only states as small as the one
 * that shows the violation, in the end all of them: so without any one step of the result no crash
 * state at all shows such a violation.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, SECTORS, shrinkWorkload, type Step, type Subject } from "@powercut/powercut/harness/advanced";
 * import type { Operation } from "@powercut/powercut/lib";
 *
 * function* write(offsetBytes: number, bytes: Uint8Array): Operation<void> {
 *   yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 * }
 * // A raw disk whose flushes do nothing.
 * const subject: Subject = {
 *   name: "raw disk",
 *   record(steps) {
 *     const recorder = new Recorder({ base: new Uint8Array(4096) });
 *     const stepStarts = steps.map((step) => {
 *       const start = recorder.eventCount;
 *       const bytes = new Uint8Array(512).fill(1);
 *       if (step.kind === "flush") recorder.guestFlush((function* () {})());
 *       if (step.kind === "write") {
 *         recorder.guestWrite(step.offsetBytes, bytes, write(step.offsetBytes, bytes));
 *       }
 *       return start;
 *     });
 *     const target = {
 *       name: "raw disk",
 *       dataLabels: new Set(["data"]),
 *       allocationUnitBytes: 512,
 *       otherFiles: [],
 *       postRecoveryWrites: [],
 *       beforeEachState() {},
 *       *recover(): Operation<void> {},
 *       *inspect() {
 *         return { problems: [], leakedBytes: 0 };
 *       },
 *       *read(_: unknown, offsetBytes: number, into: Uint8Array): Operation<void> {
 *         yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
 *       },
 *       write: (_: unknown, offsetBytes: number, bytes: Uint8Array) => write(offsetBytes, bytes),
 *       refusal: () => undefined,
 *     };
 *     return { log: recorder.log, target, guestBytes: 4096, stepStarts };
 *   },
 * };
 * const steps: Step[] = [3, 5, 2].map((sector) => {
 *   return { kind: "write", offsetBytes: sector * 512, lengthBytes: 512 };
 * });
 * const shrunk = shrinkWorkload(subject, [...steps, { kind: "flush" }, ...steps], {
 *   preset: SECTORS,
 *   kind: "wrong-data",
 * });
 * assertEquals(shrunk?.steps.map(({ kind }) => kind), ["write", "flush"]);
 * ```
 */
export function shrinkWorkload(
  subject: Subject,
  steps: readonly Step[],
  options: ShrinkOptions,
): ShrunkWorkload | undefined {
  const attempts = new Attempts(subject, options);
  const first = attempts.run(steps, Infinity);
  if (!first?.search.violation) return undefined;
  const { decisions } = first.search;
  const unitBytes = first.recording.target.allocationUnitBytes;
  const small = shrinkSteps(steps, (tried) => attempts.failure(tried, decisions), unitBytes);
  const smallest = shrinkSteps(small, (tried) => attempts.failure(tried, Infinity), unitBytes);
  const { recording, search } = attempts.run(smallest, Infinity)!;
  return { steps: smallest, recording, violation: search.violation!, effort: attempts.effort };
}

/** A workload that was run, and its violation. */
interface Attempt {
  readonly recording: Recording;
  readonly search: Search;
}

/** Workloads that were tried. */
class Attempts {
  readonly #subject: Subject;
  readonly #options: ShrinkOptions;
  readonly #known = new Map<string, Attempt | undefined>();
  readonly #names = new Set<string>();
  #recoveries = 0;
  #refused = 0;
  #cutShort = 0;

  constructor(subject: Subject, options: ShrinkOptions) {
    this.#subject = subject;
    this.#options = options;
  }

  get effort(): ShrinkEffort {
    return {
      workloads: this.#names.size,
      recoveries: this.#recoveries,
      refused: this.#refused,
      cutShort: this.#cutShort,
    };
  }

  /** The failure of a workload, with at most this many decisions. */
  failure(steps: readonly Step[], maxDecisions: number): Failure | undefined {
    const attempt = this.run(steps, maxDecisions);
    const violation = attempt?.search.violation;
    return violation && { stepCount: stepsBegun(attempt.recording, violation.crashAfterEvent) };
  }

  /** Run a workload and look for the violation; undefined if it is refused. */
  run(steps: readonly Step[], maxDecisions: number): Attempt | undefined {
    const name = JSON.stringify(steps);
    const key = `${maxDecisions} ${name}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const attempt = this.#attempt(steps, maxDecisions);
    if (!attempt && !this.#names.has(name)) this.#refused++;
    this.#names.add(name);
    this.#known.set(key, attempt);
    return attempt;
  }

  #attempt(steps: readonly Step[], maxDecisions: number): Attempt | undefined {
    const { preset, kind, depth = 1, maxRecoveries } = this.#options;
    let recording: Recording;
    try {
      recording = this.#subject.record(steps);
    } catch {
      // Refused, or a step that makes no sense any more without those that were left out.
      return undefined;
    }
    const search = findViolation(recording, preset, {
      kind,
      depth,
      maxDecisions,
      ...(maxRecoveries !== undefined && { maxRecoveries }),
    });
    this.#recoveries += search.recoveries;
    if (search.isCutShort) this.#cutShort++;
    return { recording, search };
  }
}

/** How many steps had begun when the power was cut. */
function stepsBegun({ stepStarts }: Recording, crashAfterEvent: number): number {
  const next = stepStarts.findIndex((start) => start > crashAfterEvent);
  return next < 0 ? stepStarts.length : Math.max(1, next);
}
