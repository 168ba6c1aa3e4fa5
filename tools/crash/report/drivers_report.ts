import {
  CrashPoints,
  type FoundViolation,
  prepareContext,
  RecordedChoices,
  type ReportDocument,
  type ReportTable,
  type ReportViolation,
  sectorStages,
  timelineEntries,
} from "../../../harness/advanced.ts";
import { QEMU } from "../../../lib/mod.ts";
import { type EntryOutcome, outcomesOf } from "../../trials/disk_pieces.ts";
import { findingName } from "../../trials/finding_folder.ts";
import { reopened } from "../../trials/reopen.ts";
import { type DriversResult, imagesFolder } from "../../trials/run_drivers.ts";
import { coverageOf, findingsOf, scorecardNotes, scorecardTable } from "../../trials/scorecard.ts";
import type { ClassResult, TrialResult } from "../../trials/trial.ts";
import { PROBE_BYTES } from "../../trials/workloads.ts";
import { qedTarget } from "../../../scenarios/qed/qed_target.ts";
import { LiveCases } from "./live/live_cases.ts";
import { qedStages } from "./qed_stages.ts";
import type { ReportContext } from "./write_report.ts";

/** A report of QEMU's drivers; `scripts` has for each finding the path of the script that shows it. */
export async function driversReport(
  { trials, refused }: DriversResult,
  { command, commandText, facts, scripts }: ReportContext & {
    readonly scripts: ReadonlyMap<string, string>;
  },
): Promise<ReportDocument> {
  const cases = new LiveCases();
  const violations: ReportViolation[] = [];
  using folder = imagesFolder();
  for (const trial of trials) {
    for (const found of findingsOf(trial)) {
      const script = scripts.get(findingName(trial, found));
      violations.push(
        await violationOf(trial, found, { script, commandText, folder: folder.path, cases }),
      );
    }
  }
  const images = trials.reduce((sum, trial) => sum + trial.images, 0);
  return await cases.complete({
    title: "QEMU's drivers after a power cut",
    summary: `${trials.length} trials, ${images} different images checked by QEMU's own tools: ` +
      `${violations.length} findings`,
    ...{ command, facts, violations },
    tables: [scorecardTable(trials), costs(trials)],
    notes: [
      ...scorecardNotes(trials),
      ...refused.map(({ format, reason }) => `not tested: ${format}: ${reason}`),
    ],
  });
}

/** Writes and flushes for the same requests of the guest: claim 27 of the thread. */
function costs(trials: readonly TrialResult[]): ReportTable {
  return {
    title: "What the same requests cost",
    head: ["format", "workload", "writes", "flushes", "bytes written"],
    rows: trials.map(({ recording: { format, workload, writes, flushes, writtenBytes } }) => [
      ...[format.name, workload, `${writes}`, `${flushes}`, `${writtenBytes}`],
    ]),
    numeric: [2, 3, 4],
    bars: [2, 3],
  };
}

async function violationOf(
  trial: TrialResult,
  found: ClassResult,
  { script, commandText, folder, cases }: {
    readonly commandText: ReportContext["commandText"];
    readonly script: string | undefined;
    readonly folder: string;
    readonly cases: LiveCases;
  },
): Promise<ReportViolation> {
  const { recording, preset } = trial;
  const { format, workload, log, entryOfEvent, entries, base } = recording;
  const { event, persisted, violation } = found.smallest;
  const point = new CrashPoints(log, preset).after(event);
  const choices = point.choicesFor(persisted);
  const left = point.build(new RecordedChoices(choices));
  const outcomes = outcomesOf(recording, preset, found.smallest);
  const outcomeOf = new Map(outcomes.map(({ entry, outcome }) => [entry, outcome]));
  const files = { before: base, left, after: await reopened(recording, left, folder) };
  const ranges = outcomes.map(({ entry }) => entries[entry]);
  const early = outcomes.filter(({ outcome }) => outcome === "reached").map(({ entry }) =>
    entries[entry]
  );
  const state: FoundViolation = {
    ...{ kind: "inconsistent", subject: violation.subject, detail: violation.detail },
    ...{ crashAfterEvent: event, choices, persisted: [], occurrences: found.states },
    ...{ pendingWrites: point.pendingCount, sizeBytes: left.sizeBytes },
  };
  return {
    title: `${format.name}, ${workload}`,
    kind: found.kind,
    detail: violation.detail,
    explanation: sentences(trial, outcomes, found),
    replay: [
      script === undefined
        ? commandText("crash", "drivers", "--format", format.name, "--save", "FOLDER")
        : `sh ${script}`,
    ],
    timeline: timelineEntries(log, {
      crashAfterEvent: event,
      outcomeOf: (at) => outcomeOf.get(entryOfEvent[at]) ?? "durable",
    }),
    stages: format.driver === "qed" ? qedStages(files) : sectorStages(files, ranges, early),
    ...liveOf(trial, state, cases),
  };
}

/** A description of a state, in sentences. */
function sentences(
  trial: TrialResult,
  outcomes: readonly EntryOutcome[],
  { states }: ClassResult,
): string[] {
  const { entries } = trial.recording;
  const entriesOf = (wanted: EntryOutcome["outcome"]) =>
    outcomes.filter(({ outcome }) => outcome === wanted).map(({ entry }) => {
      const { offsetBytes, lengthBytes } = entries[entry];
      return `entry ${entry} (${lengthBytes} bytes at ${offsetBytes})`;
    });
  const [reached, lost] = [entriesOf("reached"), entriesOf("lost")];
  return [
    reached.length === 0
      ? "Nothing of what no flush had covered reached the disk: what was flushed is wrong by itself."
      : `Of what no flush had covered, ${reached.join(", ")} reached the disk` +
        (lost.length === 0 ? "." : `, and ${lost.join(", ")} did not: no flush was between them.`),
    `${states} of the states show it (${
      coverageOf(trial)
    }); this is the one with the least on disk.`,
  ];
}

/** Our own driver, which does as QEMU's does, recovers the same states in the page. */
function liveOf(
  { recording: { format, plan, log, backing }, preset }: TrialResult,
  state: FoundViolation,
  cases: LiveCases,
): Pick<ReportViolation, "liveCase" | "noLive"> {
  if (format.driver !== "qed") return { noLive: "only our own QED driver runs in a page" };
  if (backing) return { noLive: "the image has a backing file" };
  const postRecoveryWrites = plan.probes.map(({ offsetBytes }) => ({
    offsetBytes,
    lengthBytes: PROBE_BYTES,
  }));
  const header = new DataView(new ArrayBuffer(8));
  log.base.read(0, new Uint8Array(header.buffer));
  const target = qedTarget({
    profile: QEMU,
    clusterBytes: header.getUint32(4, true),
    postRecoveryWrites,
  });
  const guestBytes = log.guestBase.sizeBytes;
  return cases.add(prepareContext(log, target, preset, { guestBytes }), state);
}
