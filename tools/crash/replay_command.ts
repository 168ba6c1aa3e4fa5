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
} from "../../harness/advanced.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { printJson } from "../kit/json.ts";
import { EXIT } from "../kit/exit_codes.ts";
import type { Io } from "../kit/io.ts";
import type { OutputOptions } from "./options.ts";
import { parseReplayFile, type ReplayFile } from "./replay_file.ts";
import { crashPointOf, sourceOf } from "./replay_source.ts";
import { replayReport } from "./report/results_report.ts";
import { contextOf, writeReport } from "./report/write_report.ts";
import { readTextFile } from "../kit/files.ts";

/** Options of `replay`. */
export interface ReplayOptions extends Pick<OutputOptions, "json" | "report"> {
  /** The replay file. */
  readonly path: string;
}

/**
 * Build the state that a replay file describes, check it, and print which writes made it. Exit code
 * 1 if the violation shows, 0 if it does not. Refuses a file of another trace.
 */
export async function replayCommand(
  { path, json, report }: ReplayOptions,
  io: Io,
): Promise<number> {
  const replay = parseReplayFile(readTextFile(path), path);
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
    const found = {
      violation: foundBy(replay, context),
      ...{ recording: source, preset, title: path.split("/").pop()! },
      explanation: replay.explanation,
      replay: io.commandText("crash", "replay", path),
    };
    writeReport(report.path, await replayReport(found, contextOf(report)));
  }
  if (json) {
    const { nested } = replay;
    const result = {
      ...{ reproduced, crashAfterEvent, persisted },
      ...(nested && { nested }),
      violations: seen,
    };
    printJson(io, result);
  } else {
    io.printLine(timeline(log, crashAfterEvent, persisted, point.pendingEvents));
    io.printLine("      = durable  + reached the disk  ~ in part  - lost\n");
    for (const { afterEvent } of replay.nested ?? []) {
      io.printLine(`Recovery was cut short after event ${afterEvent} of its own.`);
    }
    for (const violation of seen) io.printLine(`${violation.kind}: ${violation.detail}`);
    for (const sentence of replay.explanation ?? []) io.printLine(sentence);
    io.printLine(`The violation ${reproduced ? "shows" : "does not show"}: ${key}`);
  }
  return reproduced ? EXIT.FINDING : EXIT.OK;
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
