import {
  certificateText,
  coverageInWords,
  coverageText,
  type Exploration,
  formatStates,
  type FoundViolation,
  prepareContext,
  type ReportDocument,
  type ReportViolation,
  type SweepResult,
} from "../../../harness/mod.ts";
import type { Row } from "../run_scenario.ts";
import { sourceOf } from "../replay_source.ts";
import type { CrashFinding } from "../sweep_replay.ts";
import type { ReplayFile } from "../replay_file.ts";
import { groupByState } from "../../../scenarios/qed/group_by_state.ts";
import { lookUpPreset } from "../../../scenarios/qed/look_up.ts";
import { LiveCases } from "./live/live_cases.ts";
import { violationOf } from "./violation_of.ts";
import type { ReportContext } from "./write_report.ts";

/** So many violations of one result are told whole: the others are like them. */
const MOST_OF_A_ROW = 3;

/** A report of scenarios. */
export async function rowsReport(
  rows: readonly Row[],
  { command, facts }: ReportContext,
): Promise<ReportDocument> {
  const cases = new LiveCases();
  const violations = rows.flatMap((row) => violationsOf(row, cases));
  const wrong = rows.filter(({ asExpected }) => !asExpected).length;
  return await cases.complete({
    title: rows.length === 1 ? `${rows[0].scenario}: ${rows[0].name}` : "Scenarios",
    summary: `${rows.length} results, ${
      wrong === 0 ? "all as expected" : `${wrong} not as expected`
    }`,
    ...{ command, facts, violations },
    tables: [scorecard(rows)],
    notes: certificates(rows),
  });
}

/** A report of one search: of a recorded log. */
export async function explorationReport(
  exploration: Exploration,
  found: readonly { readonly violation: FoundViolation; readonly replay: ReplayFile }[],
  title: string,
  { command, facts }: ReportContext,
): Promise<ReportDocument> {
  const cases = new LiveCases();
  const { states, recoveries, preset, events, certificate, violations } = exploration;
  const told = found.map(({ violation, replay }) => toldFrom(replay, violation, { title, cases }));
  return await cases.complete({
    title,
    summary: violations.length === 0 ? "clean" : `${violations.length} different violations`,
    ...{ command, facts, violations: told },
    tables: [{
      title: "The search",
      head: ["preset", "events", "states", "recoveries"],
      rows: [[preset, `${events}`, formatStates(states), `${recoveries}`]],
      numeric: [1, 2, 3],
    }],
    notes: certificateText(certificate).split("\n"),
  });
}

/** A report of a sweep; `replayOf` makes the file that replays a finding. */
export async function sweepReport(
  { subject, presets, depth, coverage, states, recoveries, findings, failing }: SweepResult,
  replayOf: (finding: CrashFinding) => ReplayFile,
  { command, facts }: ReportContext,
): Promise<ReportDocument> {
  const cases = new LiveCases();
  const violations = findings.map((finding): ReportViolation => {
    const title = finding.words.join("; ");
    if (finding.kind === "crash") {
      return toldFrom(replayOf(finding), finding.violation, { title, cases });
    }
    const { detail } = finding.refusal;
    return { title, kind: "refused", detail, explanation: [], replay: [command], timeline: [] };
  });
  return await cases.complete({
    title: `Workloads on ${subject}`,
    summary: failing === 0 ? "clean" : `${failing} workloads fail`,
    ...{ command, facts, violations },
    tables: [{
      title: "The sweep",
      head: ["presets", "crashes in a row", "states", "recoveries"],
      rows: [[presets.join(", "), `${depth}`, formatStates(states), `${recoveries}`]],
      numeric: [1, 2, 3],
    }],
    notes: [coverageText(coverage)],
  });
}

/** A report of one violation: of a replay file. */
export async function replayReport(
  { replay, path }: { readonly replay: ReplayFile; readonly path: string },
  violation: FoundViolation,
  { command, facts }: ReportContext,
): Promise<ReportDocument> {
  const cases = new LiveCases();
  const title = path.split("/").pop()!;
  return await cases.complete({
    ...{ title, summary: violation.detail, command, facts, tables: [], notes: [] },
    violations: [toldFrom(replay, violation, { title, cases, path })],
  });
}

function scorecard(rows: readonly Row[]): ReportDocument["tables"][number] {
  return {
    title: "Results",
    head: [
      ...["scenario", "case", "profile", "preset", "states", "recoveries"],
      ...["expected", "found", ""],
    ],
    rows: rows.map((row) => [
      ...[row.scenario, row.name, row.profile || "-", row.preset || "-"],
      row.exploration ? formatStates(row.exploration.states) : "-",
      row.exploration ? `${row.exploration.recoveries}` : "-",
      ...[row.expected, row.found, row.asExpected ? "as expected" : "NOT AS EXPECTED"],
    ]),
    numeric: [4, 5],
  };
}

function certificates(rows: readonly Row[]): string[] {
  const explored = rows.flatMap(({ exploration }) => exploration ?? []);
  if (explored.length === 1) return certificateText(explored[0].certificate).split("\n");
  const words = explored.map(({ certificate, states }) =>
    coverageInWords(certificate.coverage, states)
  );
  return [...new Set(words)].map((each) =>
    `${words.filter((other) => other === each).length} of ${words.length} searches: ${each}`
  );
}

function violationsOf(row: Row, cases: LiveCases): ReportViolation[] {
  const { exploration, replays = [] } = row;
  const title = `${row.scenario}, ${row.profile} under ${row.preset}: ${row.name}`;
  const replayOf = new Map(exploration?.violations.map((violation, i) => [violation, replays[i]]));
  // One state may break the same promise for many sectors.
  const groups = groupByState(exploration?.violations ?? []);
  return groups.slice(0, MOST_OF_A_ROW).map(([violation]) =>
    toldFrom(replayOf.get(violation)!, violation, { title, cases })
  );
}

/** A violation with what its replay file names. */
function toldFrom(
  replay: ReplayFile,
  violation: FoundViolation,
  { title, cases, path }: { title: string; cases: LiveCases; path?: string },
): ReportViolation {
  using source = sourceOf(replay);
  const { log, target, guestBytes } = source;
  const trial = prepareContext(log, target, lookUpPreset(replay.preset), { guestBytes });
  const told = violationOf(trial, violation, {
    ...{ title, guestBytes, explanation: replay.explanation },
    replay: path === undefined ? inputsOf(replay) : [`deno task crash replay ${path}`],
  });
  return { ...told, ...cases.add(trial, violation) };
}

function inputsOf({ source, profile, preset }: ReplayFile): string[] {
  if ("scenario" in source) {
    const name = `deno task crash run ${source.scenario}`;
    return [`${name} --profile ${profile} --preset ${preset}`];
  }
  if ("log" in source) {
    return [`deno task crash log ${source.log} --base ${source.base} --preset ${preset}`];
  }
  return ["deno task crash replay FILE, with the file that was saved"];
}
