import { prepareContext } from "../reference/check_state.ts";
import { explorationOf } from "../engine/exploration_of.ts";
import { LazySearch } from "../search/lazy_search.ts";
import type { Exploration } from "../result/exploration.ts";
import { searchInParallel } from "../parallel/explore_in_parallel.ts";
import type { Step } from "../target/subject.ts";
import type { GeneratedWorkload } from "../workload/workload_source.ts";
import { StoppedError } from "./budget.ts";
import { bindingFor, type Format } from "./define_format.ts";
import { ExploreOptionError, type ExploreOptions, type FormatModule } from "./explore_options.ts";
import { type ExplorePlan, planFor } from "./explore_plan.ts";
import { ExploreResult, type StopReason } from "./explore_result.ts";
import { loadFormat } from "./format_problem.ts";
import { Tally } from "./tally.ts";
import { type LogToSearch, searchWorkload } from "./workload_search.ts";

/** How many workloads are counted where a search stopped. */
const MAX_COUNTED = 100_000;

/**
 * Run workloads on a format and check every state that a power cut can leave at any moment of them:
 * the file is recovered as after a crash, checked, read, and compared with what was written. Stops
 * at the first failure, which has the shortest workload, unless the options say otherwise.
 *
 * For a format that comes from a module the search can use workers, and answers a promise. Throws
 * {@linkcode ExploreOptionError} for options that have no meaning, and what the format's code
 * throws, if it is no refusal, with the workload that it happens in.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineFormat, explore, FLUSH, readData, write } from "@powercut/powercut";
 *
 * const raw = defineFormat({
 *   name: "raw",
 *   sizeBytes: 1024,
 *   create: () => new Uint8Array(1024),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {
 *     yield FLUSH;
 *   },
 * });
 * const result = explore(raw, { steps: 3, faults: "sectors" });
 * result.assertClean();
 * assertEquals([result.verdict, result.coverage.isComplete], ["clean", true]);
 * ```
 */
export function explore(format: Format, options?: ExploreOptions): ExploreResult;
/** The same for a format that a module exports: workers can load it too. */
export function explore(module: FormatModule, options?: ExploreOptions): Promise<ExploreResult>;
export function explore(
  format: Format | FormatModule,
  options: ExploreOptions = {},
): ExploreResult | Promise<ExploreResult> {
  if (isModule(format)) return exploreModule(format, options);
  const plan = planFor(bindingFor(format), options);
  if (options.workers !== undefined) {
    throw new ExploreOptionError(
      plan.binding.name,
      "workers",
      "'workers' needs a format from a module, since functions cannot be sent to a worker; pass " +
        '{ module: import.meta.resolve("./store.ts"), export: "store" } in place of the format',
    );
  }
  const search = searchAll(plan);
  for (let step = search.next();;) {
    if (step.done) return step.value;
    let exploration: Exploration;
    try {
      exploration = searchHere(step.value, plan);
    } catch (error) {
      step = search.throw(error);
      continue;
    }
    step = search.next(exploration);
  }
}

function isModule(format: unknown): format is FormatModule {
  return typeof format === "object" && format !== null && "module" in format && "export" in format;
}

/** Search a log with the lazy engine, in this thread. */
function searchHere({ problem }: LogToSearch, { deadline }: ExplorePlan): Exploration {
  const { log, target, preset, options } = problem;
  const context = prepareContext(log, target, preset, options);
  const search = new LazySearch(context, {
    ...options,
    shouldStop: () => deadline.isOver(),
  });
  for (const part of search.parts()) {
    const result = part.run();
    if (result) search.take(result);
  }
  return explorationOf(context, search.outcome());
}

async function exploreModule(
  format: FormatModule,
  options: ExploreOptions,
): Promise<ExploreResult> {
  const binding = await loadFormat(format);
  const plan = planFor(binding, options);
  if (plan.workers > 1 && typeof Worker === "undefined") {
    throw new ExploreOptionError(binding.name, "workers", "'workers' needs a runtime with Worker");
  }
  const search = searchAll(plan);
  const module = import.meta.resolve("./format_problem.ts");
  for (let step = search.next();;) {
    if (step.done) return step.value;
    const { problem, input } = step.value;
    let exploration: Exploration;
    try {
      const { search: done, context } = await searchInParallel(problem, {
        workers: plan.workers,
        recipe: { module, input: { ...input, format } },
        shouldStop: () => plan.deadline.isOver(),
      });
      exploration = explorationOf(context, done.outcome());
    } catch (error) {
      step = search.throw(error);
      continue;
    }
    step = search.next(exploration);
  }
}

/** Go through the workloads of a plan. */
function* searchAll(plan: ExplorePlan): Generator<LogToSearch, ExploreResult, Exploration> {
  const { source, shard, continueAfterFailure, onProgress } = plan;
  const tally = new Tally();
  let stopped: StopReason | undefined;
  let known = 0;
  for (const workload of source.workloads) {
    known++;
    if (stopped) {
      // Only counted, so that it can be said how much is missing.
      if (known > MAX_COUNTED) break;
      continue;
    }
    if (shard && (known - 1) % shard.count !== shard.index - 1) continue;
    if (tally.findings.length > 0 && !continueAfterFailure) stopped = "finding";
    else if (plan.deadline.isOver()) stopped = "budget";
    if (stopped) continue;
    onProgress({
      workloads: tally.workloads,
      findings: tally.findings.length,
      recoveries: tally.recoveries,
      next: workload.words,
    });
    stopped = yield* searchOne(plan, workload, tally);
  }
  if (tally.findings.length > 0 && !continueAfterFailure) stopped ??= "finding";
  const ofWorkloads = known > MAX_COUNTED ? undefined : sharePart(known, plan);
  return new ExploreResult(plan, tally, { stopped, ofWorkloads });
}

/** How many of so many workloads belong to the shard. */
function sharePart(count: number, { shard }: ExplorePlan): number {
  if (!shard) return count;
  return Math.floor((count - shard.index) / shard.count) + 1;
}

/** Search one workload. Answers why it was stopped, if it was. */
function* searchOne(
  plan: ExplorePlan,
  workload: GeneratedWorkload,
  tally: Tally,
): Generator<LogToSearch, StopReason | undefined, Exploration> {
  tally.workloads++;
  try {
    yield* searchWorkload(plan, workload, tally);
    return undefined;
  } catch (error) {
    if (error instanceof StoppedError) return error.reason;
    throw withWorkload(error, plan.binding.name, workload.steps);
  }
}

/** The same error with the workload that it happens in. */
function withWorkload(error: unknown, format: string, steps: readonly Step[]): Error {
  const why = error instanceof Error ? error.message : String(error);
  const where = `the workload ${JSON.stringify(steps)}`;
  return new Error(`Cannot explore '${format}': ${why}; in ${where}`, { cause: error });
}
