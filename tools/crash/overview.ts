import { BLOCKS, formatStates, ORDERED, SECTORS, textTable, WRITES } from "../../harness/mod.ts";
import { PROFILES } from "../../lib/mod.ts";
import { originOf, type Scenario } from "../../scenarios/qed/scenario.ts";
import type { Row } from "./run_scenario.ts";

/** Disks that lose, reorder and tear what was not flushed, between their units only. */
const USUAL_PRESETS: readonly string[] = [ORDERED, WRITES, SECTORS, BLOCKS].map(({ name }) => name);

/**
 * Whether a row is a design as it is, on a disk as designs expect it: not one with something left out to
 * show what it is for, nor one on a disk that does worse.
 */
export function isDesign(row: Row): boolean {
  return !row.hasPlantedBug && Object.hasOwn(PROFILES, row.profile) &&
    USUAL_PRESETS.includes(row.preset);
}

/**
 * A line for each scenario: what a crash finds in each design, whether variants of them, mostly with
 * something left out, do as expected, and what is shown by other means.
 */
export function overviewTable(scenarios: readonly Scenario[], rows: readonly Row[]): string {
  const profiles = Object.keys(PROFILES).toReversed();
  return textTable(
    ["scenario", "from", ...profiles, "variants", "shown", "states", "time", ""],
    scenarios.map((scenario) => {
      const own = rows.filter((row) => row.scenario === scenario.name);
      const explored = own.filter((row) => row.exploration);
      const designs = explored.filter(isDesign);
      return [
        scenario.name,
        originOf(scenario),
        ...profiles.map((profile) => found(designs.filter((row) => row.profile === profile))),
        counted(explored.filter((row) => !isDesign(row)), "as expected"),
        counted(own.filter((row) => !row.exploration), "hold"),
        largest(explored),
        `${own.reduce((sum, row) => sum + row.seconds, 0).toFixed(2)} s`,
        own.every((row) => row.asExpected) ? "ok" : "NOT AS EXPECTED",
      ];
    }),
    { alignRight: [2 + profiles.length + 2, 2 + profiles.length + 3] },
  );
}

/** The kinds of violation in some rows, the gravest first. */
function found(rows: readonly Row[]): string {
  if (rows.length === 0) return "-";
  const kinds = new Set(rows.flatMap((row) => row.kinds));
  if (kinds.size === 0) return rows.length === 1 ? "clean" : `clean, ${rows.length} cases`;
  const [first] = kinds;
  return kinds.size === 1 ? first : `${first} and ${kinds.size - 1} more`;
}

function counted(rows: readonly Row[], what: string): string {
  if (rows.length === 0) return "-";
  const good = rows.filter((row) => row.asExpected).length;
  return good === rows.length ? `${good} ${what}` : `${good} of ${rows.length} ${what}`;
}

/** The largest space among some rows. */
function largest(rows: readonly Row[]): string {
  const states = rows.flatMap(({ exploration }) => exploration ? [exploration.states] : []);
  if (states.length === 0) return "-";
  return formatStates(states.reduce((most, each) => each.log2 > most.log2 ? each : most));
}
