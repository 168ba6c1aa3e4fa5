import {
  checkFound,
  type FoundViolation,
  persistedVersions,
  prepareContext,
  RecordedChoices,
  type ReferenceContext,
  spellOutNested,
  timeline,
  violationKey,
} from "../../harness/mod.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { parseReplayFile, type ReplayFile } from "./replay_file.ts";
import { crashPointOf, sourceOf } from "./replay_source.ts";
import { replayReport } from "./report/results_report.ts";
import { contextOf, type ReportRequest, writeReport } from "./report/write_report.ts";
import { readTextFile } from "../kit/read_file.ts";

/** What to replay, and how to tell of it. */
export interface ReplayOptions {
  /** The replay file. */
  readonly path: string;
  readonly json: boolean;
  /** The page to write; undefined for none. */
  readonly report?: ReportRequest | undefined;
}

/**
 * Build the state that a replay file describes, judge it, and print how it came about. Exit code
 * 1 if the violation shows, 0 if it does not. Refuses a file of another trace.
 */
export async function replayCommand(
  { path, json, report }: ReplayOptions,
  output: Output,
): Promise<number> {
  const replay = parseReplayFile(readTextFile(path));
  using source = sourceOf(replay);
  const { log, target, guestBytes } = source;
  const preset = lookUpPreset(replay.preset);
  const point = crashPointOf(replay, source, preset);
  const context = prepareContext(log, target, preset, { guestBytes });
  const { byUnit } = point.describe(new RecordedChoices(replay.choices));
  const persisted = persistedVersions(log, preset, point.spelledOut(byUnit));
  const seen = checkFound(context, replay);
  const key = violationKey(replay.violation);
  const reproduced = seen.some((each) => violationKey(each) === key);
  const { crashAfterEvent } = replay;
  if (report) {
    const violation = foundBy(replay, context);
    const reportContext = contextOf(report);
    writeReport(report.path, await replayReport({ replay, path }, violation, reportContext));
  }
  if (json) {
    const { nested } = replay;
    const result = {
      ...{ reproduced, crashAfterEvent, persisted },
      ...(nested && { nested }),
      violations: seen,
    };
    output.print(JSON.stringify(result, undefined, 2));
  } else {
    output.print(timeline(log, crashAfterEvent, persisted, point.pendingEvents));
    output.print("      = durable  + reached the disk  ~ in part  - lost\n");
    for (const { afterEvent } of replay.nested ?? []) {
      output.print(`Recovery was cut short after event ${afterEvent} of its own.`);
    }
    for (const violation of seen) output.print(`${violation.kind}: ${violation.detail}`);
    for (const sentence of replay.explanation ?? []) output.print(sentence);
    output.print(`The violation ${reproduced ? "shows" : "does not show"}: ${key}`);
  }
  return reproduced ? EXIT.VIOLATION : EXIT.OK;
}

/** The violation of a replay file with all that its state says. */
function foundBy(
  { violation, crashAfterEvent, choices, nested = [] }: ReplayFile,
  context: ReferenceContext,
): FoundViolation {
  const { log, preset } = context;
  const point = context.points.after(crashAfterEvent);
  const { byUnit } = point.describe(new RecordedChoices(choices));
  const file = point.build(new RecordedChoices(choices));
  const later = nested.map((each) => ({
    afterEvent: each.afterEvent,
    choicesAt: () => each.choices,
  }));
  return {
    ...violation,
    ...{ crashAfterEvent, choices, pendingWrites: point.pendingCount, occurrences: 1 },
    persisted: persistedVersions(log, preset, point.spelledOut(byUnit)),
    sizeBytes: file.sizeBytes,
    ...(later.length > 0 && { nested: spellOutNested(later, file, context) }),
  };
}
