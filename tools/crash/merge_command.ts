import { MergeError, mergePartials } from "../../harness/advanced.ts";
import { SCENARIOS } from "../../scenarios/catalog.ts";
import {
  type CaseInput,
  caseOf,
  findCase,
  type LogInput,
  logProblem,
  openLog,
  problemOf,
} from "./problem.ts";
import {
  type CaseResult,
  caseResult,
  runDemonstrations,
  type ScenarioResult,
} from "../../scenarios/qed/run_scenario.ts";
import { UsageError } from "../kit/usage_error.ts";
import { printLog, reportLog } from "./log_command.ts";
import type { Io } from "../kit/io.ts";
import type { OutputOptions } from "./options.ts";
import { type PartialSearch, readPartialFile } from "./partial_file.ts";
import { resultsReport } from "./report/results_report.ts";
import { contextOf, writeReport } from "./report/write_report.ts";
import { printResults } from "./run_command.ts";

/** Options of `merge`. */
export interface MergeOptions extends OutputOptions {
  /** The files with the results of the shards. */
  readonly paths: readonly string[];
}

/** Combine the results of shards and print what a single run prints. Returns the exit code. */
export async function mergeCommand(options: MergeOptions, io: Io): Promise<number> {
  const searches = options.paths.flatMap((path) =>
    readPartialFile(path).searches.map((search) => ({ ...search, path }))
  );
  if (searches.length === 0) throw new UsageError(`${options.paths.join(", ")}: nothing was done`);
  const groups = Map.groupBy(searches, ({ input }) => JSON.stringify(input));
  const logs = searches.filter(({ input }) => "log" in input);
  if (logs.length > 0) {
    if (groups.size > 1) throw new UsageError("the files are of different searches");
    return await mergeLog(searches, options, io);
  }
  const results: ScenarioResult[] = [];
  const names: string[] = [];
  for (const group of groups.values()) {
    const input = group[0].input as CaseInput;
    // Demonstrations follow the cases of their scenario, as in a run.
    const last = names.at(-1);
    if (last !== undefined && last !== input.scenario) results.push(...demonstrationsOf(last));
    if (last !== input.scenario) names.push(input.scenario);
    results.push(mergeCase(input, group));
  }
  results.push(...demonstrationsOf(names.at(-1)!));
  const { report } = options;
  if (report) writeReport(report.path, await resultsReport(results, contextOf(report)));
  return printResults([], results, { ...options, names }, io);
}

type Found = PartialSearch & { readonly path: string };

function mergeCase(input: CaseInput, group: readonly Found[]): CaseResult {
  const each = caseOf(input);
  const isOwnPreset = findCase(input.scenario, input.case)!.preset.name === input.preset;
  const start = performance.now();
  const problem = problemOf(input);
  const exploration = merged(
    group,
    () => mergePartials(problem, group.map(({ partial }) => partial)),
  );
  const expected = isOwnPreset ? each.expected : "clean";
  return caseResult(input.scenario, { case: { ...each, expected }, index: input.case }, {
    exploration,
    log: problem.log,
    target: problem.target,
    seconds: (performance.now() - start) / 1000,
  });
}

function demonstrationsOf(name: string): ScenarioResult[] {
  const scenario = SCENARIOS.find((each) => each.name === name)!;
  return runDemonstrations(scenario);
}

async function mergeLog(
  searches: readonly Found[],
  { json, saveTo, report }: MergeOptions,
  io: Io,
): Promise<number> {
  const input = searches[0].input as LogInput;
  using recorded = openLog(input.log, input.base);
  const problem = logProblem(recorded, input);
  const exploration = merged(
    searches,
    () => mergePartials(problem, searches.map(({ partial }) => partial)),
  );
  const options = { ...input, format: "qed", json, saveTo, report };
  if (report) await reportLog(exploration, recorded, report, options);
  return printLog(exploration, recorded, options, io);
}

/** Names the file that does not fit. */
function merged<T>(searches: readonly Found[], merge: () => T): T {
  try {
    return merge();
  } catch (error) {
    if (!(error instanceof MergeError)) throw error;
    const path = searches[error.place]?.path ?? "merge";
    throw new UsageError(`${path}: ${error.message}`);
  }
}
