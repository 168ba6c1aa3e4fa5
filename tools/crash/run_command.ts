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
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { Explorer } from "./explore_problem.ts";
import { type PartialSearch, writePartialFile } from "./partial_file.ts";
import type { SearchOptions } from "./search_options.ts";
import { isDesign, overviewTable } from "./overview.ts";
import { replaysOf, resultJson } from "./result_json.ts";
import { type Overrides, selectCases } from "./select_cases.ts";
import { saveReplay } from "./save_replay.ts";
import { resultsReport } from "./report/results_report.ts";
import { contextOf, type ReportRequest, writeReport } from "./report/write_report.ts";
import { UsageError } from "../kit/usage_error.ts";

/** Options of `run`. */
export interface RunOptions extends Overrides {
  /** The scenarios to run and tell all about; none for a survey of all. */
  readonly names: readonly string[];
  readonly json: boolean;
  /** The folder for replay files; undefined for none. */
  readonly saveTo: string | undefined;
  /** How to search. */
  readonly search: SearchOptions;
  /** The page to write; undefined for none. */
  readonly report?: ReportRequest | undefined;
}

/** Run scenarios and print a table of what came out. Answers the exit code. */
export async function runCommand(options: RunOptions, output: Output): Promise<number> {
  const results: ScenarioResult[] = [];
  const { names, search, json } = options;
  const scenarios = scenariosNamed(names);
  const explorer = new Explorer(search, output);
  for (const scenario of scenarios) {
    if (!json && names.length > 0) output.print(scenarioTitle(scenario));
    results.push(...await run(scenario, options, explorer, output));
  }
  if (results.length === 0) throw new UsageError("no case has this profile");
  if (search.out !== undefined) {
    writePartialFile(search.out, casesAmong(results).flatMap((each) => searchOf(each, search)));
  }
  const { report } = options;
  if (report) writeReport(report.path, await resultsReport(results, contextOf(report)));
  return search.shard
    ? tellShare(results, options, output)
    : tellResults(scenarios, results, options, output);
}

async function run(
  scenario: Scenario,
  options: RunOptions,
  explorer: Explorer,
  output: Output,
): Promise<ScenarioResult[]> {
  const { preset, profile } = options;
  const { depth } = explorer;
  const onProgress = (title: string, done: number, total: number) =>
    output.progress(`${title}: crash point ${done} of ${total}`);
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

/** Print what came out. Answers the exit code. */
export function tellResults(
  scenarios: readonly Scenario[],
  results: readonly ScenarioResult[],
  options: Pick<RunOptions, "names" | "json" | "saveTo">,
  output: Output,
): number {
  const { names, json, saveTo } = options;
  const replayCommand = saveTo === undefined
    ? undefined
    : (result: CaseResult) => saveFirstReplay(saveTo, result, output);
  if (json) output.print(JSON.stringify(results.map(resultJson), undefined, 2));
  else if (names.length > 0) output.print(reportText(results, replayCommand));
  else {
    const designs = casesAmong(results).filter(isDesign);
    for (const line of violationLines(designs, replayCommand)) output.print(line);
    output.print(overviewTable(scenarios, results));
    output.print(totalText(results));
    output.print("All about one of them: deno task crash run NAME");
  }
  return results.every(({ asExpected }) => asExpected) ? EXIT.OK : EXIT.VIOLATION;
}

/** Save the file that replays a case's first violation. Answers the command that replays it. */
function saveFirstReplay(folder: string, result: CaseResult, output: Output): string | undefined {
  const path = saveReplay(folder, replaysOf(result)[0], output);
  return path === undefined ? undefined : `deno task crash replay ${path}`;
}

/** A share by itself says only whether a promise is broken that must not be. */
function tellShare(
  results: readonly ScenarioResult[],
  { search, json }: RunOptions,
  output: Output,
): number {
  const { shard, out } = search;
  const shares = casesAmong(results).flatMap(({ scenario, name, expected, kinds, partial }) =>
    partial ? [{ scenario, name, expected, kinds, ...partial }] : []
  );
  const isBroken = shares.some(({ expected, kinds }) => expected === "clean" && kinds.length > 0);
  const lines = shares.map(({ scenario, name, items, effort, isComplete, kinds }) =>
    `${scenario}, ${name}: ${items.length} parts, ${effort.recoveries} recoveries` +
    `${isComplete ? "" : ", stopped before the end"}; ${kinds.join(", ") || "clean so far"}`
  );
  if (json) output.print(JSON.stringify({ shard, out, shares: lines }, undefined, 2));
  else {
    for (const line of lines) output.print(line);
    output.print(
      `share ${shard!.index} of ${
        shard!.count
      } is in ${out}; deno task crash merge puts all together`,
    );
  }
  return isBroken ? EXIT.VIOLATION : EXIT.OK;
}

function scenariosNamed(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS;
  const known = Object.fromEntries(SCENARIOS.map((scenario) => [scenario.name, scenario]));
  return names.map((name) => lookUp("scenario", name, known));
}
