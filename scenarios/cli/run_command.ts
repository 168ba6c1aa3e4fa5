import { formatStates, textTable, violationText } from "../../harness/mod.ts";
import { SCENARIOS } from "../catalog.ts";
import { originOf, type Scenario } from "../support/scenario.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { isDesign, overviewTable } from "./overview.ts";
import { type Overrides, type Row, runScenario } from "./run_scenario.ts";
import { saveReplay } from "./save_replay.ts";
import { UsageError } from "../support/usage_error.ts";

/** Options of `run`. */
export interface RunOptions extends Overrides {
  /** The scenarios to run and tell all about; none for a survey of all. */
  readonly names: readonly string[];
  readonly json: boolean;
  /** The folder for replay files; undefined for none. */
  readonly saveTo: string | undefined;
}

/** Run scenarios and print a table of what came out. Answers the exit code. */
export function runCommand(options: RunOptions, output: Output): number {
  const rows: Row[] = [];
  const isSurvey = options.names.length === 0;
  const scenarios = scenariosNamed(options.names);
  for (const scenario of scenarios) {
    if (!options.json && !isSurvey) {
      output.print(`${scenario.name} (${originOf(scenario)}): ${scenario.statement}`);
    }
    rows.push(...runScenario(scenario, options, (title, done, total) => {
      output.progress(`${title}: crash point ${done} of ${total}`);
    }));
  }
  if (rows.length === 0) throw new UsageError("no case has this profile");
  if (options.json) output.print(JSON.stringify(rows.map(rowJson), undefined, 2));
  else if (isSurvey) printSurvey(scenarios, rows, options, output);
  else printReport(rows, options, output);
  return rows.every((row) => row.asExpected) ? EXIT.OK : EXIT.VIOLATION;
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
  options: RunOptions,
  output: Output,
): void {
  printViolations(rows.filter(isDesign), options, output);
  output.print(overviewTable(scenarios, rows));
  printTotal(rows, output);
  output.print("All about one of them: deno task crash run NAME");
}

function printReport(rows: readonly Row[], options: RunOptions, output: Output): void {
  printViolations(rows, options, output);
  for (const row of rows) {
    if (!row.figures) continue;
    output.print(`${row.scenario}, ${row.name}:`);
    for (const figure of row.figures) output.print(`  ${figure}`);
  }
  output.print(`\n${resultTable(rows)}`);
  printTotal(rows, output);
}

function printTotal(rows: readonly Row[], output: Output): void {
  const wrong = rows.filter((row) => !row.asExpected).length;
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0).toFixed(1);
  output.print(
    `\n${rows.length} results, ${wrong === 0 ? "all" : `${rows.length - wrong}`} as expected` +
      `${wrong === 0 ? "" : `, ${wrong} NOT`}; every space explored exhaustively; ${seconds} s`,
  );
}

function printViolations(rows: readonly Row[], options: RunOptions, output: Output): void {
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
  const { log: _log, ...rest } = row;
  return rest;
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
