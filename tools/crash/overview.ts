import {
  BLOCKS,
  formatStates,
  ORDERED,
  SECTORS,
  textTable,
  WRITES,
} from "../../harness/advanced.ts";
import { PROFILES } from "../../lib/mod.ts";
import { originOf, type Scenario } from "../../scenarios/qed/scenario.ts";
import { casesAmong } from "../../scenarios/qed/result_text.ts";
import type { CaseResult, ScenarioResult } from "../../scenarios/qed/run_scenario.ts";

/** Disks that lose, reorder and tear what was not flushed, between their units only. */
const USUAL_PRESETS: readonly string[] = [ORDERED, WRITES, SECTORS, BLOCKS].map(({ name }) => name);

/**
 * Whether a row is a design as it is, on a disk as designs expect it: not one with something left out to
 * show what it is for, nor one on a disk that does worse.
 */
export function isDesign({ case: { filters, profile, preset } }: CaseResult): boolean {
  return filters === undefined && Object.hasOwn(PROFILES, profile.name) &&
    USUAL_PRESETS.includes(preset.name);
}

/**
 * A line for each scenario: what a crash finds in each design, whether variants of them, mostly with
 * something left out, do as expected, and what is shown by other means.
 */
export function overviewTable(
  scenarios: readonly Scenario[],
  results: readonly ScenarioResult[],
): string {
  const profiles = Object.keys(PROFILES).toReversed();
  return textTable(
    ["scenario", "from", ...profiles, "variants", "shown", "states", "time", ""],
    scenarios.map((scenario) => {
      const own = results.filter((result) => result.scenario === scenario.name);
      const explored = casesAmong(own);
      const designs = explored.filter(isDesign);
      return [
        scenario.name,
        originOf(scenario),
        ...profiles.map((name) => found(designs.filter((each) => each.case.profile.name === name))),
        counted(explored.filter((each) => !isDesign(each)), "as expected"),
        counted(own.filter((each) => each.kind === "demonstration"), "hold"),
        largest(explored),
        `${own.reduce((sum, each) => sum + each.seconds, 0).toFixed(2)} s`,
        own.every(({ asExpected }) => asExpected) ? "ok" : "NOT AS EXPECTED",
      ];
    }),
    { alignRight: [2 + profiles.length + 2, 2 + profiles.length + 3] },
  );
}

/** The kinds of violation in some results, the gravest first. */
function found(results: readonly CaseResult[]): string {
  if (results.length === 0) return "-";
  const kinds = new Set(results.flatMap((each) => each.kinds));
  if (kinds.size === 0) return results.length === 1 ? "clean" : `clean, ${results.length} cases`;
  const [first] = kinds;
  return kinds.size === 1 ? first : `${first} and ${kinds.size - 1} more`;
}

function counted(results: readonly ScenarioResult[], what: string): string {
  if (results.length === 0) return "-";
  const good = results.filter(({ asExpected }) => asExpected).length;
  return good === results.length ? `${good} ${what}` : `${good} of ${results.length} ${what}`;
}

/** The largest space among some results. */
function largest(results: readonly CaseResult[]): string {
  if (results.length === 0) return "-";
  const states = results.map(({ exploration }) => exploration.states);
  return formatStates(states.reduce((most, each) => each.log2 > most.log2 ? each : most));
}
