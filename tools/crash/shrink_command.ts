import {
  prepareContext,
  type Preset,
  stepText,
  timeline,
  violationKey,
  violationText,
} from "../../harness/advanced.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { printJson } from "../kit/json.ts";
import { replayReport } from "./report/results_report.ts";
import { contextOf, writeReport } from "./report/write_report.ts";
import { readTextFile } from "../kit/files.ts";
import { EXIT } from "../kit/exit_codes.ts";
import type { Io } from "../kit/io.ts";
import type { OutputOptions } from "./options.ts";
import { parseReplayFile } from "./replay_file.ts";
import { sourceOf } from "./replay_source.ts";
import { saveReplay } from "./save_replay.ts";
import { MAX_RECOVERIES, shrinkCase, type ShrunkCase } from "./shrink_case.ts";

/** Options of `shrink`. */
export interface ShrinkCommandOptions extends OutputOptions {
  /** The replay file. */
  readonly path: string;
}

/**
 * Shrink the case of a replay file: the steps, where they are plain data, and what reached the disk.
 * Prints and saves the result. Exit code 1 if the violation shows, 0 if it does not.
 */
export async function shrinkCommand(
  options: ShrinkCommandOptions,
  io: Io,
): Promise<number> {
  const replay = parseReplayFile(readTextFile(options.path), options.path);
  using source = sourceOf(replay);
  const shrunk = shrinkCase(replay, source);
  if (!shrunk) {
    io.printLine(`The violation does not show: ${violationKey(replay.violation)}`);
    return EXIT.OK;
  }
  const { report } = options;
  if (report) {
    const { violation, recording } = shrunk;
    const found = {
      ...{ violation, recording, preset: lookUpPreset(replay.preset) },
      title: options.path.split("/").pop()!,
      explanation: shrunk.replay.explanation,
      replay: io.commandText("crash", "replay", options.path),
    };
    writeReport(report.path, await replayReport(found, contextOf(report)));
  }
  if (options.json) {
    const { steps } = shrunk;
    const effort = steps && { stepsBefore: steps.before, ...steps.effort };
    printJson(io, { replay: shrunk.replay, ...effort });
    return EXIT.FINDING;
  }
  io.printLine(shrunkText(shrunk, lookUpPreset(replay.preset)));
  const path = options.saveTo && saveReplay(options.saveTo, shrunk.replay, io);
  if (path) io.printLine(`replay: ${io.commandText("crash", "replay", path)}`);
  return EXIT.FINDING;
}

/** A shrunk case for people: the steps, the violation, the log, and why. */
function shrunkText({ replay, recording, violation, steps }: ShrunkCase, preset: Preset): string {
  const { log, target, guestBytes } = recording;
  const { crashAfterEvent, persisted } = violation;
  const trial = prepareContext(log, target, preset, { guestBytes });
  const { pendingEvents } = trial.points.after(crashAfterEvent);
  return [
    ...(steps
      ? [effortText(steps), ...steps.after.map((step, i) => `  ${i + 1}. ${stepText(step)}`), ""]
      : ["The steps are not plain data: only what reached the disk was shrunk.", ""]),
    violationText(violation, log),
    "",
    timeline(log, crashAfterEvent, persisted, pendingEvents),
    "      = durable  + reached the disk  ~ in part  - lost",
    "",
    ...(replay.explanation ?? []),
    "",
  ].join("\n");
}

function effortText({ before, after, effort }: NonNullable<ShrunkCase["steps"]>): string {
  const { workloads, recoveries, cutShort } = effort;
  const minimal = cutShort === 0
    ? "without any one of them no crash shows such a violation (exhaustive)"
    : `${cutShort} smaller workload(s) given up after ${MAX_RECOVERIES} recoveries`;
  return `${before} step(s), shrunk to ${after.length}; ${minimal}. ` +
    `${workloads} workloads, ${recoveries} recoveries.`;
}
