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
import { sourceOf } from "../replay_source.ts";
import type { CrashFinding } from "../sweep_replay.ts";
import type { ReplayFile } from "../replay_file.ts";
import { casesAmong, caseTitle, explorationCells } from "../../../scenarios/qed/result_text.ts";
import type { CaseResult, ScenarioResult } from "../../../scenarios/qed/run_scenario.ts";
import { guestBytesOf } from "../../../scenarios/qed/scenario.ts";
import { groupByState } from "../../../scenarios/qed/group_by_state.ts";
import { lookUpPreset } from "../../../scenarios/qed/look_up.ts";
import { LiveCases } from "./live/live_cases.ts";
import { violationOf } from "./violation_of.ts";
import type { ReportContext } from "./write_report.ts";

/** The report describes this many violations of one result: the others resemble them. */
const MAX_VIOLATIONS_PER_RESULT = 3;

/** A report of scenarios. */
export async function resultsReport(
  results: readonly ScenarioResult[],
  { command, facts }: ReportContext,
): Promise<ReportDocument> {
  const liveCases = new LiveCases();
  const explored = casesAmong(results);
  const violations = explored.flatMap((result) => violationsOf(result, liveCases));
  const wrong = results.filter(({ asExpected }) => !asExpected).length;
  return await liveCases.complete({
    title: results.length === 1 ? `${results[0].scenario}: ${results[0].name}` : "Scenarios",
    summary: `${results.length} results, ${
      wrong === 0 ? "all as expected" : `${wrong} not as expected`
    }`,
    ...{ command, facts, violations },
    tables: [scorecard(results)],
    notes: certificates(explored),
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

function scorecard(results: readonly ScenarioResult[]): ReportDocument["tables"][number] {
  return {
    title: "Results",
    head: [
      ...["scenario", "case", "profile", "preset", "states", "recoveries"],
      ...["expected", "found", ""],
    ],
    rows: results.map((result) => {
      const { scenario, name, expected, found, asExpected } = result;
      const verdict = asExpected ? "as expected" : "NOT AS EXPECTED";
      return [scenario, name, ...explorationCells(result), expected, found, verdict];
    }),
    numeric: [4, 5],
  };
}

function certificates(results: readonly CaseResult[]): string[] {
  const explored = results.map(({ exploration }) => exploration);
  if (explored.length === 1) return certificateText(explored[0].certificate).split("\n");
  const words = explored.map(({ certificate, states }) =>
    coverageInWords(certificate.coverage, states)
  );
  return [...new Set(words)].map((each) =>
    `${words.filter((other) => other === each).length} of ${words.length} searches: ${each}`
  );
}

/** The first violations of a case, checked against the log that the search recorded. */
function violationsOf(result: CaseResult, liveCases: LiveCases): ReportViolation[] {
  const { scenario, case: each, log, target, exploration } = result;
  const { profile, preset } = each;
  const guestBytes = guestBytesOf(each);
  const options = {
    title: caseTitle(result),
    replay: [runCommandFor(scenario, profile.name, preset.name)],
    guestBytes,
  };
  // One state may break the same promise for many sectors.
  return groupByState(exploration.violations).slice(0, MAX_VIOLATIONS_PER_RESULT)
    .map(([violation]) => {
      const context = prepareContext(log, target, preset, { guestBytes });
      return { ...violationOf(context, violation, options), ...liveCases.add(context, violation) };
    });
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
    return [runCommandFor(source.scenario, profile, preset)];
  }
  if ("log" in source) {
    return [`deno task crash log ${source.log} --base ${source.base} --preset ${preset}`];
  }
  return ["deno task crash replay FILE, with the file that was saved"];
}

function runCommandFor(scenario: string, profile: string, preset: string): string {
  return `deno task crash run ${scenario} --profile ${profile} --preset ${preset}`;
}
