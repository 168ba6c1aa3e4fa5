import {
  prepareContext,
  type Preset,
  stepText,
  timeline,
  violationKey,
  violationText,
} from "../../harness/mod.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { replayReport } from "./report/results_report.ts";
import { contextOf, type ReportRequest, writeReport } from "./report/write_report.ts";
import { readTextFile } from "../kit/read_file.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { parseReplayFile } from "./replay_file.ts";
import { sourceOf } from "./replay_source.ts";
import { saveReplay } from "./save_replay.ts";
import { MOST_RECOVERIES, shrinkCase, type ShrunkCase } from "./shrink_case.ts";

/** How to run `shrink`. */
export interface ShrinkCommandOptions {
  /** The replay file. */
  readonly path: string;
  /** Whether to print JSON instead of text. */
  readonly json: boolean;
  /** Where the shrunk file goes; nowhere if undefined. */
  readonly saveTo: string | undefined;
  /** The page to write; undefined for none. */
  readonly report?: ReportRequest | undefined;
}

/**
 * Shrink the case of a replay file: the steps, where they are plain data, and what reached the disk.
 * Prints and saves the result. Exit code 1 if the violation shows, 0 if it does not.
 */
export async function shrinkCommand(
  options: ShrinkCommandOptions,
  output: Output,
): Promise<number> {
  const replay = parseReplayFile(readTextFile(options.path));
  using source = sourceOf(replay);
  const shrunk = shrinkCase(replay, source);
  if (!shrunk) {
    output.print(`The violation does not show: ${violationKey(replay.violation)}`);
    return EXIT.OK;
  }
  const { report } = options;
  if (report) {
    const { replay, violation } = shrunk;
    const page = await replayReport({ replay, path: options.path }, violation, contextOf(report));
    writeReport(report.path, page);
  }
  if (options.json) {
    const { steps } = shrunk;
    const effort = steps && { stepsBefore: steps.before, ...steps.effort };
    output.print(JSON.stringify({ replay: shrunk.replay, ...effort }, undefined, 2));
    return EXIT.VIOLATION;
  }
  output.print(shrunkText(shrunk, lookUpPreset(replay.preset)));
  const path = options.saveTo && saveReplay(options.saveTo, shrunk.replay, output);
  if (path) output.print(`replay: deno task crash replay ${path}`);
  return EXIT.VIOLATION;
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
    : `${cutShort} smaller workload(s) given up after ${MOST_RECOVERIES} recoveries`;
  return `${before} step(s), shrunk to ${after.length}; ${minimal}. ` +
    `${workloads} workloads, ${recoveries} recoveries.`;
}
