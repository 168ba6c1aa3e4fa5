/** Says in plain text how a run of scenarios ended. */
import { certificateText, formatStates, textTable, violationText } from "../../harness/advanced.ts";
import type { CaseResult, ScenarioResult } from "./run_scenario.ts";
import { originOf, type Scenario } from "./scenario.ts";

/** The command that replays the first violation of a case; undefined for none. */
export type ReplayCommand = (result: CaseResult) => string | undefined;

/** The first line about a scenario: its name, its origin and its statement. */
export function scenarioTitle(scenario: Scenario): string {
  return `${scenario.name} (${originOf(scenario)}): ${scenario.statement}`;
}

/**
 * A full report: violations, figures, a table with a line for each result, a total, and the certificate
 * if there is one search only. With `replayCommand`, each violation comes with a command.
 */
export function reportText(
  results: readonly ScenarioResult[],
  replayCommand?: ReplayCommand,
): string {
  const certificates = casesAmong(results).map(({ exploration }) => exploration.certificate);
  return [
    ...violationLines(results, replayCommand),
    ...figureLines(results),
    `\n${resultTable(results)}`,
    totalText(results),
    ...(certificates.length === 1 ? [`\n${certificateText(certificates[0])}`] : []),
  ].join("\n");
}

/** For each case with violations, the first of them; no lines if there are none. */
export function violationLines(
  results: readonly ScenarioResult[],
  replayCommand: ReplayCommand = () => undefined,
): string[] {
  const shown = casesAmong(results).filter(({ exploration }) =>
    exploration.verdict === "violation"
  );
  const lines = shown.flatMap((result) => {
    const { violations } = result.exploration;
    const more = violations.length - 1;
    const command = replayCommand(result);
    return [
      caseTitle(result),
      indent(violationText(violations[0], result.log)),
      ...(more > 0 ? [`  and ${more} more`] : []),
      ...(command === undefined ? [] : [`  replay: ${command}`]),
      "",
    ];
  });
  return lines.length === 0 ? [] : ["\nViolations, the smallest state of each case:\n", ...lines];
}

/** A case in a line: its scenario, profile, preset and name. */
export function caseTitle({ scenario, name, case: each }: CaseResult): string {
  return `${scenario}, ${each.profile.name} under ${each.preset.name}: ${name}`;
}

/** The last line: how many results there are, and how many differ from what is expected. */
export function totalText(results: readonly ScenarioResult[]): string {
  const wrong = results.filter(({ asExpected }) => !asExpected).length;
  const seconds = results.reduce((sum, each) => sum + each.seconds, 0).toFixed(1);
  return `\n${results.length} results, ${
    wrong === 0 ? "all" : results.length - wrong
  } as expected` +
    `${wrong === 0 ? "" : `, ${wrong} NOT`}; ${coverageOf(results)}; ${seconds} s`;
}

/** The results that are explorations. */
export function casesAmong(results: readonly ScenarioResult[]): CaseResult[] {
  return results.filter((each) => each.kind === "case");
}

function figureLines(results: readonly ScenarioResult[]): string[] {
  return results.flatMap((each) =>
    each.kind === "demonstration"
      ? [`${each.scenario}, ${each.name}:`, ...each.figures.map((figure) => `  ${figure}`)]
      : []
  );
}

/** How many of the explorations were exhaustive. */
function coverageOf(results: readonly ScenarioResult[]): string {
  const explored = casesAmong(results).map(({ exploration }) => exploration);
  const cut = explored.filter(({ coverage }) => coverage !== "exhaustive");
  if (cut.length === 0) return "every space explored exhaustively";
  const kinds = [...new Set(cut.map(({ coverage }) => coverage))].join(", ");
  return `${cut.length} of ${explored.length} spaces NOT explored exhaustively (${kinds})`;
}

function resultTable(results: readonly ScenarioResult[]): string {
  const isOfOne = results.every(({ scenario }) => scenario === results[0].scenario);
  return textTable(
    ["case", "profile", "preset", "states", "recoveries", "expected", "found", "", "time"],
    results.map((result) => {
      const { scenario, name, expected, found, asExpected, seconds } = result;
      return [
        isOfOne ? name : `${scenario}: ${name}`,
        ...explorationCells(result),
        expected,
        found,
        asExpected ? "ok" : "NOT AS EXPECTED",
        `${seconds.toFixed(2)} s`,
      ];
    }),
    { alignRight: [3, 4, 8] },
  );
}

/** The cells that describe an exploration: profile, preset, states, recoveries; dashes without one. */
export function explorationCells(result: ScenarioResult): string[] {
  if (result.kind === "demonstration") return ["-", "-", "-", "-"];
  const { case: { profile, preset }, exploration: { states, recoveries } } = result;
  return [profile.name, preset.name, formatStates(states), `${recoveries}`];
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
