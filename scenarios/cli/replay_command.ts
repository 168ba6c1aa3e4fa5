import {
  CrashPoint,
  judgeConcretely,
  persistedVersions,
  prepareTrial,
  type Preset,
  TapeChoices,
  type Target,
  timeline,
  traceHash,
  violationKey,
  type WriteLog,
} from "../../harness/mod.ts";
import { SCENARIOS } from "../catalog.ts";
import { lookUpPreset } from "../support/look_up.ts";
import { guestBytesOf, setUp } from "../support/scenario.ts";
import { setUpLog } from "../support/recorded_log.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { parseReplayFile, type ReplayFile } from "./replay_file.ts";
import { readTextFile } from "../support/read_file.ts";
import { UsageError } from "../support/usage_error.ts";

/** What a replay needs: the log, what to judge it with, and when to let go of files. */
interface Source extends Disposable {
  readonly log: WriteLog;
  readonly target: Target;
  readonly guestBytes: number;
}

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
  const file = point.build(new TapeChoices(replay.tape));
  const { byUnit } = point.describe(new TapeChoices(replay.tape));
  const persisted = persistedVersions(log, preset, point.spelledOut(byUnit));
  const seen = judgeConcretely(trial, point, file);
  const key = violationKey(replay.violation);
  const reproduced = seen.some((each) => violationKey(each) === key);
  const { crashAfterEvent } = replay;
  if (json) {
    const result = { reproduced, crashAfterEvent, persisted, violations: seen };
    output.print(JSON.stringify(result, undefined, 2));
  } else {
    output.print(timeline(log, crashAfterEvent, persisted, point.pendingEvents));
    output.print("      = durable  + reached the disk  ~ in part  - lost\n");
    for (const violation of seen) output.print(`${violation.kind}: ${violation.detail}`);
    output.print(`The violation ${reproduced ? "shows" : "does not show"}: ${key}`);
  }
  return reproduced ? EXIT.VIOLATION : EXIT.OK;
}

/** The crash point of a replay file, made sure that the file belongs to this log. */
function crashPointOf(replay: ReplayFile, { log, target }: Source, preset: Preset): CrashPoint {
  const refuse = (field: keyof ReplayFile, rule: string): never => {
    throw new UsageError(`replay file: ${field} is ${JSON.stringify(replay[field])}: ${rule}`);
  };
  const hash = traceHash(log, { preset, target });
  if (hash !== replay.traceHash) {
    refuse("traceHash", `it belongs to another trace, this one is "${hash}"`);
  }
  if (replay.crashAfterEvent >= log.events.length) {
    refuse("crashAfterEvent", `the log ends at ${log.events.length - 1}`);
  }
  const point = new CrashPoint(log, preset, replay.crashAfterEvent);
  if (replay.tape.length !== point.tapeLength) {
    refuse("tape", `must have ${point.tapeLength} choices at this crash point`);
  }
  return point;
}

function sourceOf(replay: ReplayFile): Source {
  const { source } = replay;
  if ("log" in source) return setUpLog(source.log, source.base);
  const scenario = SCENARIOS.find((each) => each.name === source.scenario);
  const each = scenario?.cases[source.case];
  if (!each) {
    throw new UsageError(`replay file: source is ${JSON.stringify(source)}: no such case`);
  }
  return { ...setUp(each), guestBytes: guestBytesOf(each), [Symbol.dispose]() {} };
}
