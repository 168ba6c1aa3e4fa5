import {
  explain,
  explanationText,
  type FoundViolation,
  judgeConcretely,
  persistedVersions,
  prepareTrial,
  type Preset,
  type Recording,
  type ShrinkEffort,
  shrinkState,
  shrinkWorkload,
  type Step,
  stepText,
  TapeChoices,
  timeline,
  traceDigest,
  traceHash,
  violationKey,
  violationText,
} from "../../harness/mod.ts";
import { lookUpPreset } from "../support/look_up.ts";
import { readTextFile } from "../support/read_file.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { parseReplayFile, type ReplayFile, replayFileOf } from "./replay_file.ts";
import { crashPointOf, type Source, sourceOf } from "./replay_source.ts";
import { saveReplay } from "./save_replay.ts";

/** A smaller workload, or a changed log, is taken to be clean after so many recoveries. */
const MOST_RECOVERIES = 200_000;

/** How to run `shrink`. */
export interface ShrinkCommandOptions {
  /** The replay file. */
  readonly path: string;
  /** Whether to print JSON instead of text. */
  readonly json: boolean;
  /** Where the shrunk file goes; nowhere if undefined. */
  readonly saveTo: string | undefined;
}

/** A case that is as small as it gets. */
export interface ShrunkCase {
  /** The file that replays it. */
  readonly replay: ReplayFile;
  /** Its log, and what it is judged with. */
  readonly recording: Omit<Recording, "stepStarts">;
  /** The violation in its smallest state. */
  readonly violation: FoundViolation;
  /** Steps before and after, and what that took; absent where only the state was shrunk. */
  readonly steps?: {
    readonly before: number;
    readonly after: readonly Step[];
    readonly effort: ShrinkEffort;
  };
}

/**
 * Shrink the case of a replay file: the steps, where they are plain data, and what reached the disk.
 * Prints and saves the result. Exit code 1 if the violation shows, 0 if it does not.
 */
export function shrinkCommand(options: ShrinkCommandOptions, output: Output): number {
  const replay = parseReplayFile(readTextFile(options.path));
  using source = sourceOf(replay);
  const shrunk = shrinkCase(replay, source);
  if (!shrunk) {
    output.print(`The violation does not show: ${violationKey(replay.violation)}`);
    return EXIT.OK;
  }
  const path = options.saveTo && saveReplay(options.saveTo, shrunk.replay, output);
  if (options.json) {
    const { steps } = shrunk;
    const effort = steps && { stepsBefore: steps.before, ...steps.effort };
    output.print(JSON.stringify({ replay: shrunk.replay, ...effort }, undefined, 2));
  } else {
    output.print(shrunkText(shrunk, lookUpPreset(replay.preset)));
    if (path) output.print(`replay: deno task crash replay ${path}`);
  }
  return EXIT.VIOLATION;
}

/** Shrink a case; undefined if it does not show its violation. */
export function shrinkCase(replay: ReplayFile, source: Source): ShrunkCase | undefined {
  const preset = lookUpPreset(replay.preset);
  const found = violationOf(replay, source, preset);
  if (!found) return undefined;
  const { subject, steps } = source;
  const workload = subject && steps && shrinkWorkload(subject, steps, {
    preset,
    kind: found.kind,
    mostRecoveries: MOST_RECOVERIES,
  });
  const recording = workload?.recording ?? source;
  const { log, target, guestBytes } = recording;
  const trial = prepareTrial(log, target, preset, { guestBytes });
  const violation = shrinkState(trial, workload?.violation ?? found);
  const explanation = explain(trial, violation, { guestBytes, mostRecoveries: MOST_RECOVERIES });
  return {
    replay: {
      ...replayFileOf(violation, {
        source: workload && !("log" in replay.source)
          ? { ...replay.source, steps: workload.steps }
          : replay.source,
        profile: replay.profile,
        preset: preset.name,
        traceHash: traceHash(log, { preset, target }),
      }),
      explanation: explanationText(explanation, { log, target, violation }),
      trace: traceDigest(log, { preset, target }),
    },
    recording,
    violation,
    ...(workload && {
      steps: { before: steps.length, after: workload.steps, effort: workload.effort },
    }),
  };
}

/** The violation as the file's own state shows it; undefined if it does not. */
function violationOf(
  replay: ReplayFile,
  source: Source,
  preset: Preset,
): FoundViolation | undefined {
  const point = crashPointOf(replay, source, preset);
  const trial = prepareTrial(source.log, source.target, preset, source);
  const { crashAfterEvent, tape } = replay;
  const file = point.build(new TapeChoices(tape));
  const { sizeBytes } = file;
  const key = violationKey(replay.violation);
  const seen = judgeConcretely(trial, point, file).find((each) => violationKey(each) === key);
  if (!seen) return undefined;
  const { byUnit, ruined } = point.describe(new TapeChoices(tape));
  return {
    ...seen,
    crashAfterEvent,
    persisted: persistedVersions(source.log, preset, point.spelledOut(byUnit)),
    pendingWrites: point.pendingCount,
    sizeBytes,
    ...(ruined && { ruined }),
    tape,
    occurrences: 1,
  };
}

/** A shrunk case for people: the steps, the violation, the log, and why. */
function shrunkText({ replay, recording, violation, steps }: ShrunkCase, preset: Preset): string {
  const { log, target, guestBytes } = recording;
  const { crashAfterEvent, persisted } = violation;
  const trial = prepareTrial(log, target, preset, { guestBytes });
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
