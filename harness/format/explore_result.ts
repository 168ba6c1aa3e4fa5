import type { Coverage } from "../result/certificate.ts";
import type { StateCount } from "../result/exploration.ts";
import { formatStates } from "../result/state_count.ts";
import type { WorkloadOrigin } from "../workload/workload_source.ts";
import type { ExplorePlan } from "./explore_plan.ts";
import { failureMessage } from "./failure_message.ts";
import type { Finding } from "./finding.ts";
import type { FormatBinding } from "./format_binding.ts";
import { rememberFormat } from "./shrink_finding.ts";
import type { FaultReport, Tally } from "./tally.ts";

/** Why a search ended before all was looked at. */
export type StopReason = "finding" | "budget" | "schedules";

/** The part of all workloads and states that a result covers. */
export interface ExploreCoverage {
  /**
   * Whether every crash state of every workload that was asked for was covered. Not so for sampled
   * or bounded searches, for a shard, and for a search that was stopped.
   */
  readonly isComplete: boolean;
  /** Workloads that were run. */
  readonly workloads: number;
  /** How many there are to run; undefined if there are more than 100,000. */
  readonly ofWorkloads: number | undefined;
  /** Where the workloads come from. */
  readonly origin: WorkloadOrigin;
  /** The fault models. */
  readonly faults: readonly string[];
  /** Who searched. */
  readonly engine: string;
  /** Crashes in a row. */
  readonly depth: number;
  /** Crash states covered: pairs of a moment and what is on disk. Exactly, or as a power of two. */
  readonly states: StateCount;
  /** Recoveries that were run for that. */
  readonly recoveries: number;
  /** Orders of requests in flight that were run; 0 if requests were not in flight together. */
  readonly schedules: number;
  /** Why the search ended early, if it did. */
  readonly stopped?: StopReason;
  /** The part of the workloads that was run, if not all: `2/4`. */
  readonly shard?: string;
  /** All of this in a sentence. */
  readonly text: string;
}

/** The findings that `assertClean` accepts. */
export interface AssertCleanOptions {
  /** Whether a search that was stopped before its end may pass; false if not given. */
  readonly allowPartial?: boolean;
}

/**
 * Thrown by `assertClean`. Its message is the whole story: the shortest workload, what is wrong, what
 * reached the disk, what would prevent it, and how to see it again.
 *
 * @example
 * ```ts
 * import { assertStringIncludes, assertThrows } from "@std/assert";
 * import { defineFormat, explore, NotCleanError, readData, write } from "@powercut/powercut";
 *
 * const careless = defineFormat({
 *   name: "careless",
 *   sizeBytes: 512,
 *   create: () => new Uint8Array(512),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {}, // forgotten
 * });
 * const error = assertThrows(() => explore(careless).assertClean(), NotCleanError);
 * assertStringIncludes(error.message, "write 512 bytes at 0");
 * assertStringIncludes(error.message, "A flush is missing");
 * ```
 */
export class NotCleanError extends Error {
  /** The name of this kind of error. */
  override readonly name = "NotCleanError";

  /** A result that is not clean. */
  constructor(
    message: string,
    /** The result. */
    readonly result: ExploreResult,
    /** The replay token of the first finding, made smaller; undefined if nothing was found. */
    readonly token?: string,
  ) {
    super(message);
  }
}

/**
 * The result of an exploration; {@linkcode explore} makes it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineFormat, explore, type ExploreResult, readData, write } from "@powercut/powercut";
 *
 * const careless = defineFormat({
 *   name: "careless",
 *   sizeBytes: 512,
 *   create: () => new Uint8Array(512),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {},
 * });
 * const report = ({ verdict, findings }: ExploreResult) =>
 *   [verdict, ...findings.map(({ violation, words }) => `${violation.kind} after ${words}`)];
 * assertEquals(report(explore(careless)), [
 *   "violation",
 *   "wrong-data after write, a whole free unit,flush",
 * ]);
 * ```
 */
export class ExploreResult {
  readonly #binding: FormatBinding;
  /** The format's name. */
  readonly format: string;
  /**
   * `violation` if something is wrong; `clean` if nothing is in all that was asked for; `incomplete`
   * if nothing was found, and the search ended early.
   */
  readonly verdict: "clean" | "violation" | "incomplete";
  /** The part of all workloads and states that this covers. */
  readonly coverage: ExploreCoverage;
  /** The first finding of each kind, in the order in which they were met. */
  readonly findings: readonly Finding[];
  /** The outcome of each run-time fault that was asked for. */
  readonly faults: readonly FaultReport[];

  /** Build the result of `plan` from the totals over its workloads. */
  constructor(
    plan: ExplorePlan,
    tally: Tally,
    end: { readonly stopped: StopReason | undefined; readonly ofWorkloads: number | undefined },
  ) {
    this.#binding = plan.binding;
    this.format = plan.binding.name;
    this.findings = tally.findings;
    this.faults = tally.faults;
    this.coverage = coverageOf(plan, tally, end);
    const isDone = tally.workloads > 0 && (end.stopped === undefined || end.stopped === "finding");
    this.verdict = this.findings.length > 0 ? "violation" : isDone ? "clean" : "incomplete";
    for (const finding of this.findings) rememberFormat(finding, plan.binding);
  }

  /** Whether nothing is wrong in all that was asked for. */
  get isClean(): boolean {
    return this.verdict === "clean";
  }

  /**
   * Throws {@linkcode NotCleanError} unless the result is clean; for tests. A search that ended early
   * without a finding does not pass either, unless `allowPartial` says so, and one that ran no
   * workload never does.
   */
  assertClean({ allowPartial = false }: AssertCleanOptions = {}): void {
    if (this.verdict === "clean") return;
    const [finding] = this.findings;
    if (finding) {
      const { message, token } = failureMessage(finding, this.#binding);
      throw new NotCleanError(message, this, token);
    }
    if (allowPartial && this.coverage.workloads > 0) return;
    const hint = this.coverage.workloads === 0
      ? "no workload was run"
      : "nothing was found in what was searched; give it a larger budget, or accept the rest unseen " +
        "with assertClean({ allowPartial: true })";
    throw new NotCleanError(
      `Cannot tell whether '${this.format}' is clean: ${this.coverage.text}; ${hint}`,
      this,
    );
  }

  /** What was covered, and of each finding the workload, what is wrong, and the replay token. */
  toString(): string {
    const lines = this.findings.flatMap(({ violation, words, token }) => [
      `  after: ${words.join(", then ")}`,
      `  ${violation.kind}: ${violation.detail}`,
      `  replay: "${token}"`,
    ]);
    return [`${this.format}: ${this.verdict}; ${this.coverage.text}`, ...lines].join("\n");
  }
}

function coverageOf(
  { source, presets, engine, depth, shard }: ExplorePlan,
  tally: Tally,
  { stopped, ofWorkloads }: {
    readonly stopped: StopReason | undefined;
    readonly ofWorkloads: number | undefined;
  },
): ExploreCoverage {
  const { workloads, states, recoveries, schedules, coverages } = tally;
  const isExhaustive = coverages.every(({ kind }) => kind === "exhaustive");
  const facts = {
    isComplete: workloads > 0 && !stopped && !shard && isExhaustive,
    ...{ workloads, ofWorkloads, origin: source.origin, engine, depth, states },
    faults: presets.map(({ name }) => name),
    ...{ recoveries, schedules },
    ...(stopped && { stopped }),
    ...(shard && { shard: `${shard.index}/${shard.count}` }),
  };
  return { ...facts, text: textOf(facts, coverages) };
}

function textOf(
  facts: Omit<ExploreCoverage, "text">,
  coverages: readonly Coverage[],
): string {
  const { workloads, ofWorkloads, origin, faults, depth, states, schedules, stopped, shard } =
    facts;
  const of = stopped ? ` of ${ofWorkloads ?? "more than 100000"}` : "";
  const parts = [
    `${workloads}${of} workloads (${originText(origin)}${shard ? `, shard ${shard}` : ""})`,
    `faults ${faults.join(", ")}`,
    ...(depth > 1 ? [`${depth} crashes in a row`] : []),
    ...(schedules > 0 ? [`${schedules} orders of requests`] : []),
    `${formatStates(states)} crash states`,
    ...coverages.flatMap(limitText),
    ...(stopped ? [STOPPED[stopped]] : []),
  ];
  return parts.join(", ");
}

/** How the states of a workload were limited, if an engine that does so searched. */
function limitText(coverage: Coverage): string[] {
  if (coverage.kind === "sampled") return [`of each workload some, with seed ${coverage.seed}`];
  if (coverage.kind !== "bounded") return [];
  return [`of each workload all with up to ${coverage.units} units that survive, at least`];
}

const STOPPED: Readonly<Record<StopReason, string>> = {
  finding: "stopped at the first finding",
  budget: "stopped when the budget was used up",
  schedules: "stopped at a workload with more orders than 'concurrent.maxSchedules'",
};

function originText(origin: WorkloadOrigin): string {
  switch (origin.kind) {
    case "exhaustive":
      return `every sequence of up to ${origin.length} of ${origin.operations} operations`;
    case "random":
      return `random, seed ${origin.seed}, up to ${origin.maxSteps} steps`;
    case "given":
      return "as given";
  }
}
