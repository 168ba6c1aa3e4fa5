import { certificateText, formatStates, textTable, violationText } from "../../harness/mod.ts";
import { SCENARIOS } from "../../scenarios/catalog.ts";
import { originOf, type Scenario } from "../../scenarios/qed/scenario.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { Explorer } from "./explore_problem.ts";
import { writePartialFile } from "./partial_file.ts";
import type { SearchOptions } from "./search_options.ts";
import { isDesign, overviewTable } from "./overview.ts";
import { type Overrides, type Row, runScenario } from "./run_scenario.ts";
import { saveReplay } from "./save_replay.ts";
import { rowsReport } from "./report/rows_report.ts";
import { contextOf, type ReportRequest, writeReport } from "./report/write_report.ts";
import { UsageError } from "../../scenarios/qed/usage_error.ts";

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
  const rows: Row[] = [];
  const { names, search, json } = options;
  const scenarios = scenariosNamed(names);
  const explorer = new Explorer(search, output);
  for (const scenario of scenarios) {
    if (!json && names.length > 0) {
      output.print(`${scenario.name} (${originOf(scenario)}): ${scenario.statement}`);
    }
    const run = await runScenario(scenario, options, explorer, (title, done, total) => {
      output.progress(`${title}: crash point ${done} of ${total}`);
    });
    rows.push(...run);
  }
  if (rows.length === 0) throw new UsageError("no case has this profile");
  if (search.out !== undefined) {
    writePartialFile(search.out, rows.flatMap((row) => row.search ?? []));
  }
  const { report } = options;
  if (report) writeReport(report.path, await rowsReport(rows, contextOf(report)));
  return search.shard
    ? tellShare(rows, options, output)
    : tellRows(scenarios, rows, options, output);
}

/** Print what came out. Answers the exit code. */
export function tellRows(
  scenarios: readonly Scenario[],
  rows: readonly Row[],
  options: Pick<RunOptions, "names" | "json" | "saveTo">,
  output: Output,
): number {
  if (options.json) output.print(JSON.stringify(rows.map(rowJson), undefined, 2));
  else if (options.names.length === 0) printSurvey(scenarios, rows, options, output);
  else printReport(rows, options, output);
  return rows.every((row) => row.asExpected) ? EXIT.OK : EXIT.VIOLATION;
}

/** A share by itself says only whether a promise is broken that must not be. */
function tellShare(rows: readonly Row[], { search, json }: RunOptions, output: Output): number {
  const { shard, out } = search;
  const shares = rows.flatMap(({ scenario, name, expected, kinds, search }) =>
    search ? [{ scenario, name, expected, kinds, ...search.partial }] : []
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
  return names.map((name) => {
    const scenario = SCENARIOS.find((each) => each.name === name);
    if (scenario) return scenario;
    const known = SCENARIOS.map((each) => each.name).join(", ");
    throw new UsageError(`unknown scenario "${name}": one of ${known}`);
  });
}

/** What the designs lose, a line for each scenario, and where to look further. */
function printSurvey(
  scenarios: readonly Scenario[],
  rows: readonly Row[],
  options: Pick<RunOptions, "saveTo">,
  output: Output,
): void {
  printViolations(rows.filter(isDesign), options, output);
  output.print(overviewTable(scenarios, rows));
  printTotal(rows, output);
  output.print("All about one of them: deno task crash run NAME");
}

function printReport(
  rows: readonly Row[],
  options: Pick<RunOptions, "saveTo">,
  output: Output,
): void {
  printViolations(rows, options, output);
  for (const row of rows) {
    if (!row.figures) continue;
    output.print(`${row.scenario}, ${row.name}:`);
    for (const figure of row.figures) output.print(`  ${figure}`);
  }
  output.print(`\n${resultTable(rows)}`);
  printTotal(rows, output);
  const certificates = rows.flatMap(({ exploration }) => exploration?.certificate ?? []);
  if (certificates.length === 1) output.print(`\n${certificateText(certificates[0])}`);
}

function printTotal(rows: readonly Row[], output: Output): void {
  const wrong = rows.filter((row) => !row.asExpected).length;
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0).toFixed(1);
  output.print(
    `\n${rows.length} results, ${wrong === 0 ? "all" : `${rows.length - wrong}`} as expected` +
      `${wrong === 0 ? "" : `, ${wrong} NOT`}; ${coverageOf(rows)}; ${seconds} s`,
  );
}

/** How much of all spaces was looked at. */
function coverageOf(rows: readonly Row[]): string {
  const explored = rows.flatMap(({ exploration }) => exploration ?? []);
  const cut = explored.filter(({ coverage }) => coverage !== "exhaustive");
  if (cut.length === 0) return "every space explored exhaustively";
  return `${cut.length} of ${explored.length} spaces NOT explored exhaustively (${
    [...new Set(cut.map(({ coverage }) => coverage))].join(", ")
  })`;
}

function printViolations(
  rows: readonly Row[],
  options: Pick<RunOptions, "saveTo">,
  output: Output,
): void {
  const shown = rows.filter((row) => row.exploration?.verdict === "violation");
  if (shown.length > 0) output.print("\nWhat was found, the smallest state of each:\n");
  for (const row of shown) {
    const { exploration, log, replays } = row;
    if (!exploration || !log || !replays) continue;
    output.print(`${row.scenario}, ${row.profile} under ${row.preset}: ${row.name}`);
    output.print(indent(violationText(exploration.violations[0], log)));
    const more = exploration.violations.length - 1;
    if (more > 0) output.print(`  and ${more} more`);
    if (options.saveTo !== undefined) {
      const path = saveReplay(options.saveTo, replays[0], output);
      if (path !== undefined) output.print(`  replay: deno task crash replay ${path}`);
    }
    output.print("");
  }
}

function resultTable(rows: readonly Row[]): string {
  const isOfOne = rows.every(({ scenario }) => scenario === rows[0].scenario);
  return textTable(
    ["case", "profile", "preset", "states", "recoveries", "expected", "found", "", "time"],
    rows.map((row) => [
      isOfOne ? row.name : `${row.scenario}: ${row.name}`,
      row.profile || "-",
      row.preset || "-",
      row.exploration ? formatStates(row.exploration.states) : "-",
      row.exploration ? `${row.exploration.recoveries}` : "-",
      row.expected,
      row.found,
      row.asExpected ? "ok" : "NOT AS EXPECTED",
      `${row.seconds.toFixed(2)} s`,
    ]),
    { alignRight: [3, 4, 8] },
  );
}

function rowJson(row: Row): unknown {
  // The same for the same seed, wherever and by whomever it was run.
  const { log: _log, search: _search, seconds: _seconds, ...rest } = row;
  return rest;
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
