import {
  CrashPoint,
  type Preset,
  type Step,
  type Subject,
  type Target,
  traceDifference,
  traceDigest,
  traceHash,
  type WriteLog,
} from "../../harness/advanced.ts";
import { subjectFor } from "../../scenarios/qed/image_spec.ts";
import { qedSubject } from "../../scenarios/qed/qed_subject.ts";
import { type Case, guestBytesOf, setUp } from "../../scenarios/qed/scenario.ts";
import { UsageError } from "../kit/usage_error.ts";
import { findCase, openLog } from "./problem.ts";
import type { ReplayFile } from "./replay_file.ts";

/** The parts of a replay: the log, the target that checks it, and the files to close. */
export interface Source extends Disposable {
  readonly log: WriteLog;
  readonly target: Target;
  readonly guestBytes: number;
  /** Runs any workload on the same image. */
  readonly subject?: Subject;
  /** The steps that the log comes from, where they are plain data. */
  readonly steps?: readonly Step[];
}

/** Make again what a replay file is about. */
export function sourceOf({ source }: ReplayFile): Source {
  if ("log" in source) return openLog(source.log, source.base);
  if ("image" in source) return run(subjectFor(source.image).subject, source.steps);
  const each = findCase(source.scenario, source.case);
  if (!each) {
    throw new UsageError(`replay file: source is ${JSON.stringify(source)}: no such case`);
  }
  const subject = subjectOfCase(each);
  if (source.steps) {
    if (subject) return run(subject, source.steps);
    throw new UsageError(
      `replay file: source is ${JSON.stringify(source)}: its steps can't be changed`,
    );
  }
  const steps = each.workload.steps.filter(isPlain);
  return {
    ...setUp(each),
    guestBytes: guestBytesOf(each),
    ...(subject && { subject, steps }),
    [Symbol.dispose]() {},
  };
}

function run(subject: Subject, steps: readonly Step[]): Source {
  try {
    return { ...subject.record(steps), subject, steps, [Symbol.dispose]() {} };
  } catch (error) {
    const refusal = subject.refusal?.(error);
    if (!refusal) throw error;
    throw new UsageError(`replay file: the steps are refused: ${refusal.detail}`);
  }
}

/** The image of a case, for other workloads; undefined if its steps are more than plain data. */
function subjectOfCase(
  { custom, workload, profile, postRecoveryWrites, filters }: Case,
): Subject | undefined {
  if (custom || !workload.steps.every(isPlain)) return undefined;
  return qedSubject({
    ...workload,
    profile,
    ...(postRecoveryWrites && { postRecoveryWrites }),
    ...(filters && { filters: () => filters }),
  });
}

const PLAIN: readonly string[] = [
  ...["write", "zero", "discard", "flush", "grow", "reopen", "snapshot", "close"],
];

function isPlain(step: { readonly kind: string }): step is Step {
  return PLAIN.includes(step.kind);
}

/** The crash point of a replay file, made sure that the file belongs to this log. */
export function crashPointOf(
  replay: ReplayFile,
  { log, target }: Source,
  preset: Preset,
): CrashPoint {
  const refuse = (field: keyof ReplayFile, rule: string): never => {
    throw new UsageError(`replay file: ${field} is ${JSON.stringify(replay[field])}: ${rule}`);
  };
  const hash = traceHash(log, { preset, target });
  if (hash !== replay.traceHash) {
    const difference = replay.trace &&
      traceDifference(replay.trace, traceDigest(log, { preset, target }));
    const what = difference ? `: ${difference}` : "";
    refuse("traceHash", `it belongs to another trace, this one is "${hash}"${what}`);
  }
  if (replay.crashAfterEvent >= log.events.length) {
    refuse("crashAfterEvent", `the log ends at ${log.events.length - 1}`);
  }
  const point = new CrashPoint(log, preset, replay.crashAfterEvent);
  if (replay.choices.length !== point.choiceCount) {
    refuse("choices", `must have ${point.choiceCount} choices at this crash point`);
  }
  return point;
}
