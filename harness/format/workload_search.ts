import { exploreByBruteForce } from "../reference/brute.ts";
import { exploreByDeepening } from "../engine/deepening.ts";
import { exploreBySampling } from "../engine/sampled.ts";
import type { EngineOptions, Exploration } from "../result/exploration.ts";
import type { Preset } from "../model/presets.ts";
import { exploreOrders, type OrderScheduler } from "../orders/explore_orders.ts";
import { sampleOrders } from "../orders/sample_orders.ts";
import type { Problem } from "../parallel/problem.ts";
import type { Recording } from "../target/subject.ts";
import type { Refusal } from "../target/target.ts";
import type { GeneratedWorkload } from "../workload/workload_source.ts";
import { StoppedError } from "./budget.ts";
import type { ExplorePlan } from "./explore_plan.ts";
import type { LogInput } from "./format_problem.ts";
import { formatToken, NO_LOG } from "./replay_token.ts";
import { searchFaults } from "./run_time_faults.ts";
import type { Tally } from "./tally.ts";

/** A log for the lazy engine, in this process or in workers. */
export interface LogToSearch {
  /** The log and how to check it. */
  readonly problem: Problem;
  /** The same as plain data, for workers. */
  readonly input: LogInput;
}

/** The result of running a workload, in one order of its requests. */
type Run = ({ readonly recording: Recording } | { readonly refusal: Refusal }) & {
  readonly order?: readonly number[];
};

/**
 * Run a workload and search what crashes of it leave. Hands out the logs that the lazy engine is to
 * search, and is given what came of them. Throws {@linkcode StoppedError} once the time is over.
 */
export function* searchWorkload(
  plan: ExplorePlan,
  workload: GeneratedWorkload,
  tally: Tally,
): Generator<LogToSearch, void, Exploration> {
  for (const preset of plan.presets) {
    for (const run of runsOf(plan, workload, preset, tally)) {
      if ("refusal" in run) noteRefusal(plan, workload, { preset, run, tally });
      else yield* searchLog(plan, workload, { preset, run, tally });
      if (tally.findings.length > 0 && !plan.continueAfterFailure) return;
    }
    searchFaults(plan, workload, preset, tally);
  }
}

/** Run a workload, in each order that is asked for. */
function runsOf(
  { binding, concurrent, deadline }: ExplorePlan,
  { steps }: GeneratedWorkload,
  preset: Preset,
  tally: Tally,
): readonly Run[] {
  const record = (scheduler?: OrderScheduler): Run => {
    if (deadline.isOver()) throw new StoppedError("budget");
    try {
      return { recording: binding.record(steps, scheduler) };
    } catch (error) {
      const refusal = binding.refusal(error);
      if (refusal) return { refusal };
      throw error;
    }
  };
  if (!concurrent) return [record()];
  const { samples, seed, maxSchedules } = concurrent;
  const found = samples === undefined
    ? exploreOrders((scheduler) => record(scheduler), { preset, maxSchedules })
    : sampleOrders((scheduler) => record(scheduler), { preset, seed, samples });
  tally.schedules += found.schedules;
  if (found.coverage === "stopped") throw new StoppedError("schedules");
  return found.runs.map(({ result, choices }) => ({ ...result, order: choices }));
}

/** A run, and where what it comes to is noted. */
interface Context<R extends Run> {
  readonly preset: Preset;
  readonly run: R;
  readonly tally: Tally;
}

function noteRefusal(
  { binding }: ExplorePlan,
  { steps, words }: GeneratedWorkload,
  { preset, run, tally }: Context<Run & { readonly refusal: Refusal }>,
): void {
  const { refusal, order } = run;
  const parts = { format: binding.name, steps, preset: preset.name, ...(order && { order }) };
  const state = { kind: "refused" } as const;
  tally.find({
    ...{ kind: "refused", steps, words, preset: preset.name },
    violation: { kind: "unusable", ...refusal },
    ...(order && { order }),
    token: formatToken({ ...parts, state, traceHash: NO_LOG }),
  });
}

function* searchLog(
  plan: ExplorePlan,
  { steps, words }: GeneratedWorkload,
  { preset, run, tally }: Context<Run & { readonly recording: Recording }>,
): Generator<LogToSearch, void, Exploration> {
  const { binding, depth, engine } = plan;
  const { recording: { log, target, guestBytes }, order } = run;
  const problem: Problem = { log, target, preset, options: { guestBytes, depth } };
  const input = { steps, preset: preset.name, depth, ...(order && { order }) };
  const exploration = engine === "lazy"
    ? yield { problem, input }
    : searchWith(engine, plan, problem);
  tally.add(exploration);
  for (const violation of exploration.violations) {
    const { crashAfterEvent, choices, nested = [] } = violation;
    const later = nested.map((each) => ({ afterEvent: each.afterEvent, choices: each.choices }));
    tally.find({
      ...{ kind: "crash", steps, words, preset: preset.name, violation },
      ...(order && { order }),
      token: formatToken({
        ...{ format: binding.name, steps, preset: preset.name },
        ...(order && { order }),
        state: {
          kind: "crash",
          crashes: [{ afterEvent: crashAfterEvent, choices }, ...later],
        },
        traceHash: exploration.traceHash,
      }),
    });
  }
  if (exploration.coverage === "partial") throw new StoppedError("budget");
}

const ENGINES = {
  brute: exploreByBruteForce,
  sampled: exploreBySampling,
  deepening: exploreByDeepening,
} as const;

/** Search with another engine; it is stopped where it reports progress. */
function searchWith(
  engine: keyof typeof ENGINES,
  { samples, seed, deadline }: ExplorePlan,
  { log, target, preset, options }: Problem,
): Exploration {
  const engineOptions: EngineOptions = {
    ...options,
    ...(samples !== undefined && { samples }),
    ...(seed !== undefined && { seed }),
    onProgress: () => {
      if (deadline.isOver()) throw new StoppedError("budget");
    },
  };
  return ENGINES[engine](log, target, preset, engineOptions);
}
