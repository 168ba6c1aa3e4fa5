import {
  formatStates,
  type ReportTable,
  type StateCount,
  textTable,
} from "../../harness/advanced.ts";
import { findingName } from "./finding_folder.ts";
import type { DriverFormat } from "./formats.ts";
import type { ClassResult, TrialResult } from "./trial.ts";
import type { DriverClass } from "./verdict.ts";

/** Whether QEMU's documentation says that this can happen. */
function isDocumented(format: DriverFormat, kind: DriverClass): boolean {
  return kind === "leak" || (kind === "needs-repair" && format.documented !== undefined);
}

/** The classes that QEMU's documentation does not declare harmless. */
export function findingsOf(
  { recording: { format }, classes }: TrialResult,
): readonly ClassResult[] {
  return classes.filter(({ kind }) => !isDocumented(format, kind));
}

/** All states, or how many of them. */
export function coverageOf({ stateCount, builtCount }: TrialResult): string {
  if (stateCount === builtCount) return "exhaustive";
  return `sampled ${builtCount} of ${formatStates(countOf(stateCount))}`;
}

/** A line for each format and workload. */
export function scorecardTable(trials: readonly TrialResult[]): ReportTable {
  return {
    title: "Scorecard",
    head: ["format", "workload", "writes", "flushes", "states", "images", "coverage", "verdict"],
    rows: trials.map((trial) => {
      const { recording, images, stateCount } = trial;
      const { format, workload, writes, flushes } = recording;
      return [
        ...[format.name, workload, `${writes}`, `${flushes}`],
        ...[formatStates(countOf(stateCount)), `${images}`],
        ...[coverageOf(trial), verdictOf(trial)],
      ];
    }),
    numeric: [2, 3, 4, 5],
  };
}

/** The same as text. */
export function scorecardText(trials: readonly TrialResult[]): string {
  const { head, rows, numeric = [] } = scorecardTable(trials);
  return textTable([...head], rows, { alignRight: numeric });
}

/** A number as it is counted elsewhere: exact while it is small. */
function countOf(count: bigint): StateCount {
  const digits = count.toString(2);
  // The first 53 digits are as exact as a logarithm is.
  const log2 = Math.log2(Number.parseInt(digits.slice(0, 53), 2)) + Math.max(0, digits.length - 53);
  return { ...(digits.length <= 64 && { exact: `${count}` }), log2: Number(log2.toFixed(3)) };
}

function verdictOf({ recording: { format }, classes }: TrialResult): string {
  if (classes.length === 0) return "clean";
  return classes.map(({ kind, states }) =>
    `${kind} ${states}${isDocumented(format, kind) ? " (documented)" : ""}`
  ).join(", ");
}

/** The limits of these trials, and disagreements between checkers. */
export function scorecardNotes(trials: readonly TrialResult[]): string[] {
  const resized = trials.filter(({ recording }) => recording.resizes > 0)
    .map(({ recording }) => recording.format.name);
  return [
    trials.every(({ recording }) => recording.knowsGuest)
      ? "One request at a time: the log has each write where it completed, and one that overlapped a " +
        "flush would look more durable than it was."
      : (trials.every(({ recording }) => recording.knowsSubmission)
        ? ""
        : "The log has each write where it completed: one that overlapped a flush looks more durable " +
          "than it was. ") +
        "The log does not say what the guest was promised: its data is not checked.",
    ...trials.flatMap(({ recording, images, disagreements }) =>
      disagreements
        ? [
          `${recording.format.name}, ${recording.workload}: our checker and QEMU's agree about ` +
          `${images - disagreements.length} of ${images} images as the crash left them` +
          disagreements.map((each) => `; ${each}`).join(""),
        ]
        : []
    ),
    ...(resized.length === 0 ? [] : [
      `The log does not hold changes of size (${
        [...new Set(resized)].join(", ")
      }): each is taken to ` +
      "come first in its request.",
    ]),
  ];
}

/** A trial as plain data, which is the same for the same verdicts. */
export function trialJson(trial: TrialResult): Record<string, unknown> {
  const { recording, preset, stateCount, builtCount, images, classes, disagreements } = trial;
  const { format, workload, writes, flushes, writtenBytes, resizes, knowsGuest } = recording;
  return {
    ...{ format: format.name, workload, preset: preset.name },
    ...{ writes, flushes, writtenBytes, resizes, knowsGuest },
    ...{
      states: countOf(stateCount),
      builtStates: `${builtCount}`,
      images,
      coverage: coverageOf(trial),
    },
    ...(disagreements && { disagreements }),
    classes: classes.map((found) => ({
      kind: found.kind,
      states: found.states,
      isDocumented: isDocumented(format, found.kind),
      name: findingName(trial, found),
      crashAfterEntry: recording.entryOfEvent.slice(0, found.smallest.event + 1)
        .findLast((entry) => entry >= 0) ?? -1,
      persistedEntries: [...found.smallest.persisted.byUnit.values()]
        .map(({ event }) => recording.entryOfEvent[event]),
      sizeBytes: found.smallest.persisted.sizeBytes,
      subject: found.smallest.violation.subject,
      detail: found.smallest.violation.detail,
    })),
  };
}
