import {
  judgeFound,
  persistedVersions,
  prepareTrial,
  TapeChoices,
  timeline,
  violationKey,
} from "../../harness/mod.ts";
import { lookUpPreset } from "../support/look_up.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { parseReplayFile } from "./replay_file.ts";
import { crashPointOf, sourceOf } from "./replay_source.ts";
import { readTextFile } from "../support/read_file.ts";

/**
 * Build the state that a replay file describes, judge it, and print how it came about. Exit code
 * 1 if the violation shows, 0 if it does not. Refuses a file of another trace.
 */
export function replayCommand(path: string, json: boolean, output: Output): number {
  const replay = parseReplayFile(readTextFile(path));
  using source = sourceOf(replay);
  const { log, target, guestBytes } = source;
  const preset = lookUpPreset(replay.preset);
  const point = crashPointOf(replay, source, preset);
  const trial = prepareTrial(log, target, preset, { guestBytes });
  const { byUnit } = point.describe(new TapeChoices(replay.tape));
  const persisted = persistedVersions(log, preset, point.spelledOut(byUnit));
  const seen = judgeFound(trial, replay);
  const key = violationKey(replay.violation);
  const reproduced = seen.some((each) => violationKey(each) === key);
  const { crashAfterEvent } = replay;
  if (json) {
    const { again } = replay;
    const result = {
      ...{ reproduced, crashAfterEvent, persisted },
      ...(again && { again }),
      violations: seen,
    };
    output.print(JSON.stringify(result, undefined, 2));
  } else {
    output.print(timeline(log, crashAfterEvent, persisted, point.pendingEvents));
    output.print("      = durable  + reached the disk  ~ in part  - lost\n");
    for (const { afterEvent } of replay.again ?? []) {
      output.print(`Recovery was cut short after event ${afterEvent} of its own.`);
    }
    for (const violation of seen) output.print(`${violation.kind}: ${violation.detail}`);
    for (const sentence of replay.explanation ?? []) output.print(sentence);
    output.print(`The violation ${reproduced ? "shows" : "does not show"}: ${key}`);
  }
  return reproduced ? EXIT.VIOLATION : EXIT.OK;
}
