import { SCENARIOS } from "../../scenarios/catalog.ts";
import {
  casesAmong,
  reportText,
  scenarioTitle,
  totalText,
  violationLines,
} from "../../scenarios/qed/result_text.ts";
import {
  type CaseExplorer,
  type CaseResult,
  runCases,
  runDemonstrations,
  type ScenarioResult,
} from "../../scenarios/qed/run_scenario.ts";
import type { Scenario } from "../../scenarios/qed/scenario.ts";
import { lookUp } from "../../scenarios/qed/look_up.ts";
import { printJson } from "../kit/json.ts";
import { EXIT } from "../kit/exit_codes.ts";
import type { Io } from "../kit/io.ts";
import { Explorer } from "./explore_problem.ts";
import { type PartialSearch, writePartialFile } from "./partial_file.ts";
import type { SearchOptions } from "./search_options.ts";
import { isDesign, overviewTable } from "./overview.ts";
import { replaysOf, resultJson } from "./result_json.ts";
import type { OutputOptions, Overrides } from "./options.ts";
import { selectCases } from "./select_cases.ts";
import { saveReplay } from "./save_replay.ts";
import { resultsReport } from "./report/results_report.ts";
import { contextOf, writeReport } from "./report/write_report.ts";
import { UsageError } from "../kit/usage_error.ts";

/** Options of `run`. */
export interface RunOptions extends Overrides, OutputOptions {
  /** The scenarios to run and report in full; none for an overview of all. */
  readonly names: readonly string[];
  /** How to search. */
  readonly search: SearchOptions;
}

/** Run scenarios and print a table of the results. Returns the exit code. */
export async function runCommand(options: RunOptions, io: Io): Promise<number> {
  const results: ScenarioResult[] = [];
  const { names, search, json, profile } = options;
  const scenarios = scenariosNamed(names);
  const explorer = new Explorer(search, io);
  for (const scenario of scenarios) {
    if (!json && names.length > 0) io.printLine(scenarioTitle(scenario));
    results.push(...await run(scenario, options, explorer, io));
  }
  if (results.length === 0) throw new UsageError(`--profile ${profile}: no case has this profile`);
  if (search.out !== undefined) {
    writePartialFile(search.out, casesAmong(results).flatMap((each) => searchOf(each, search)));
  }
  const { report } = options;
  if (report) writeReport(report.path, await resultsReport(results, contextOf(report)));
  return search.shard
    ? printShard(results, options, io)
    : printResults(scenarios, results, options, io);
}

async function run(
  scenario: Scenario,
  options: RunOptions,
  explorer: Explorer,
  io: Io,
): Promise<ScenarioResult[]> {
  const { preset, profile } = options;
  const { depth } = explorer;
  const onProgress = (title: string, done: number, total: number) =>
    io.showStatus(`${title}: crash point ${done} of ${total}`);
  const explore: CaseExplorer = (problem, place, onPoint) =>
    explorer.explore(problem, { ...place, preset: problem.preset.name, depth }, onPoint);
  const cases = selectCases(scenario, options);
  const results = await runCases(scenario.name, cases, { depth, explore, onProgress });
  const isSelection = preset !== undefined || profile !== undefined;
  return isSelection ? results : [...results, ...runDemonstrations(scenario, onProgress)];
}

/** The work that was done on a case, as a file keeps it; none where the engine keeps none. */
function searchOf(
  { scenario, index, case: { preset }, partial }: CaseResult,
  { depth }: SearchOptions,
): PartialSearch[] {
  return partial ? [{ input: { scenario, case: index, preset: preset.name, depth }, partial }] : [];
}

/** Print the results. Returns the exit code. */
export function printResults(
  scenarios: readonly Scenario[],
  results: readonly ScenarioResult[],
  options: Pick<RunOptions, "names" | "json" | "saveTo">,
  io: Io,
): number {
  const { names, json, saveTo } = options;
  const replayCommand = saveTo === undefined
    ? undefined
    : (result: CaseResult) => saveFirstReplay(saveTo, result, io);
  if (json) printJson(io, results.map(resultJson));
  else if (names.length > 0) io.printLine(reportText(results, replayCommand));
  else {
    const designs = casesAmong(results).filter(isDesign);
    for (const line of violationLines(designs, replayCommand)) io.printLine(line);
    io.printLine(overviewTable(scenarios, results));
    io.printLine(totalText(results));
    io.printLine(`One of them in full: ${io.commandText("crash", "run", "NAME")}`);
  }
  return results.every(({ asExpected }) => asExpected) ? EXIT.OK : EXIT.FINDING;
}

/** Save the file that replays a case's first violation. Returns the command that replays it. */
function saveFirstReplay(folder: string, result: CaseResult, io: Io): string | undefined {
  const path = saveReplay(folder, replaysOf(result)[0], io);
  return path === undefined ? undefined : io.commandText("crash", "replay", path);
}

/** A shard by itself shows only whether a promise is broken that must hold. */
function printShard(
  results: readonly ScenarioResult[],
  { search, json }: RunOptions,
  io: Io,
): number {
  const { shard, out } = search;
  const cases = casesAmong(results).flatMap(({ scenario, name, expected, kinds, partial }) =>
    partial ? [{ scenario, name, expected, kinds, ...partial }] : []
  );
  const isBroken = cases.some(({ expected, kinds }) => expected === "clean" && kinds.length > 0);
  const lines = cases.map(({ scenario, name, items, effort, isComplete, kinds }) =>
    `${scenario}, ${name}: ${items.length} parts, ${effort.recoveries} recoveries` +
    `${isComplete ? "" : ", stopped before the end"}; ${kinds.join(", ") || "clean so far"}`
  );
  if (json) printJson(io, { shard, out, shares: lines });
  else {
    for (const line of lines) io.printLine(line);
    const merge = io.commandText("crash", "merge");
    const { index, count } = shard!;
    io.printLine(`shard ${index} of ${count} is in ${out}; '${merge}' combines all`);
  }
  return isBroken ? EXIT.FINDING : EXIT.OK;
}

function scenariosNamed(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS;
  const known = Object.fromEntries(SCENARIOS.map((scenario) => [scenario.name, scenario]));
  return names.map((name) => lookUp("scenario", name, known));
}
