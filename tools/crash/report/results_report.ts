import {
  certificateText,
  coverageInWords,
  coverageText,
  type Exploration,
  formatStates,
  type FoundViolation,
  prepareContext,
  type Preset,
  type Recording,
  type ReportDocument,
  type ReportViolation,
  type SweepFinding,
  type SweepResult,
} from "../../../harness/advanced.ts";
import { casesAmong, caseTitle, explorationCells } from "../../../scenarios/qed/result_text.ts";
import type { CaseResult, ScenarioResult } from "../../../scenarios/qed/run_scenario.ts";
import { guestBytesOf } from "../../../scenarios/qed/scenario.ts";
import { groupByState } from "../../../scenarios/qed/group_by_state.ts";
import { LiveCases } from "./live/live_cases.ts";
import { violationOf } from "./violation_of.ts";
import type { ReportContext } from "./write_report.ts";

/** The report describes this many violations of one result: the others resemble them. */
const MAX_VIOLATIONS_PER_RESULT = 3;

/** A report of scenarios. */
export async function resultsReport(
  results: readonly ScenarioResult[],
  context: ReportContext,
): Promise<ReportDocument> {
  const { command, facts } = context;
  const liveCases = new LiveCases();
  const explored = casesAmong(results);
  const violations = explored.flatMap((result) => violationsOf(result, liveCases, context));
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

/** A finding of a sweep that takes a crash. */
export type CrashFinding = SweepFinding & { readonly kind: "crash" };

/** A log, with what its states are checked with. */
export type CheckedLog = Pick<Recording, "log" | "target" | "guestBytes">;

/** A violation, with everything that its part of a report needs. */
export interface ReportedViolation {
  /** The violation. */
  readonly violation: FoundViolation;
  /** The log that shows it. */
  readonly recording: CheckedLog;
  /** The fault preset. */
  readonly preset: Preset;
  /** The heading. */
  readonly title: string;
  /** The command that shows the violation again. */
  readonly replay: string;
  /** Why it happens, if that is known; the report works it out if not. */
  readonly explanation?: readonly string[] | undefined;
}

/** A report of one search of a recorded log. */
export async function explorationReport(
  exploration: Exploration,
  found: readonly ReportedViolation[],
  title: string,
  { command, facts }: ReportContext,
): Promise<ReportDocument> {
  const cases = new LiveCases();
  const { states, recoveries, preset, events, certificate, violations } = exploration;
  return await cases.complete({
    title,
    summary: violations.length === 0 ? "clean" : `${violations.length} different violations`,
    ...{ command, facts, violations: found.map((each) => reported(each, cases)) },
    tables: [{
      title: "The search",
      head: ["preset", "events", "states", "recoveries"],
      rows: [[preset, `${events}`, formatStates(states), `${recoveries}`]],
      numeric: [1, 2, 3],
    }],
    notes: certificateText(certificate).split("\n"),
  });
}

/** A report of a sweep; `describe` records the workload of a finding again. */
export async function sweepReport(
  { subject, presets, depth, coverage, states, recoveries, findings, failing }: SweepResult,
  describe: (finding: CrashFinding, title: string) => ReportedViolation,
  { command, facts }: ReportContext,
): Promise<ReportDocument> {
  const cases = new LiveCases();
  const violations = findings.map((finding): ReportViolation => {
    const title = finding.words.join("; ");
    if (finding.kind === "crash") return reported(describe(finding, title), cases);
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

/** A report of one violation of a replay file. */
export async function replayReport(
  found: ReportedViolation,
  { command, facts }: ReportContext,
): Promise<ReportDocument> {
  const cases = new LiveCases();
  return await cases.complete({
    ...{ title: found.title, summary: found.violation.detail, command, facts },
    ...{ tables: [], notes: [] },
    violations: [reported(found, cases)],
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
function violationsOf(
  result: CaseResult,
  liveCases: LiveCases,
  { commandText }: ReportContext,
): ReportViolation[] {
  const { scenario, case: each, log, target, exploration } = result;
  const { profile, preset } = each;
  const options = ["--profile", profile.name, "--preset", preset.name];
  const context = {
    recording: { log, target, guestBytes: guestBytesOf(each) },
    preset,
    title: caseTitle(result),
    replay: commandText("crash", "run", scenario, ...options),
  };
  // One state may break the same promise for many sectors.
  return groupByState(exploration.violations).slice(0, MAX_VIOLATIONS_PER_RESULT)
    .map(([violation]) => reported({ violation, ...context }, liveCases));
}

function reported(
  { violation, recording, preset, title, replay, explanation }: ReportedViolation,
  liveCases: LiveCases,
): ReportViolation {
  const { log, target, guestBytes } = recording;
  const context = prepareContext(log, target, preset, { guestBytes });
  const options = { title, guestBytes, explanation, replay: [replay] };
  return {
    ...violationOf(context, violation, options),
    ...liveCases.add(context, violation),
  };
}
