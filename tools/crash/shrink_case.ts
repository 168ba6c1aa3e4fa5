import {
  checkFound,
  explain,
  explanationText,
  type FoundViolation,
  persistedVersions,
  prepareContext,
  type Preset,
  RecordedChoices,
  type Recording,
  type ShrinkEffort,
  shrinkState,
  shrinkWorkload,
  spellOutNested,
  type Step,
  type Subject,
  traceDigest,
  traceHash,
  violationKey,
  type ViolationKind,
} from "../../harness/advanced.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { type ReplayFile, replayFileOf } from "./replay_file.ts";
import { crashPointOf, type Source } from "./replay_source.ts";

/** A smaller workload, or a changed log, is taken to be clean after this many recoveries. */
export const MAX_RECOVERIES = 200_000;

/** A case that is as small as it gets. */
export interface ShrunkCase {
  /** The file that replays it. */
  readonly replay: ReplayFile;
  /** Its log, and the target that checks it. */
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

/** Where a case comes from. */
export interface Origin {
  /** The source of the log. */
  readonly source: ReplayFile["source"];
  /** The ordering profile, for people. */
  readonly profile: string;
  /** The fault model. */
  readonly preset: Preset;
}

/** Shrink the case of a replay file; undefined if it does not show its violation. */
export function shrinkCase(replay: ReplayFile, source: Source): ShrunkCase | undefined {
  const preset = lookUpPreset(replay.preset);
  const origin = { source: replay.source, profile: replay.profile, preset };
  const found = violationOf(replay, source, preset);
  if (!found) return undefined;
  const { subject, steps } = source;
  if (!subject || !steps) return finish(origin, source, found);
  const depth = 1 + (replay.nested?.length ?? 0);
  return shrinkWorkloadCase(origin, subject, { steps, kind: found.kind, depth });
}

/** Shrink a workload; undefined if no crash of it shows a violation of that kind. */
export function shrinkWorkloadCase(
  origin: Origin,
  subject: Subject,
  { steps, ...wanted }: {
    readonly steps: readonly Step[];
    readonly kind: ViolationKind;
    /** The number of crashes in a row; 1 if not given. */
    readonly depth?: number;
  },
): ShrunkCase | undefined {
  const { preset, source } = origin;
  const options = { ...wanted, preset, maxRecoveries: MAX_RECOVERIES };
  const shrunk = shrinkWorkload(subject, steps, options);
  if (!shrunk || "log" in source) return undefined;
  const smaller = { ...origin, source: { ...source, steps: shrunk.steps } };
  return {
    ...finish(smaller, shrunk.recording, shrunk.violation),
    steps: { before: steps.length, after: shrunk.steps, effort: shrunk.effort },
  };
}

/** Shrink what reached the disk, and explain what is left. */
function finish(
  { source, profile, preset }: Origin,
  recording: Omit<Recording, "stepStarts">,
  found: FoundViolation,
): ShrunkCase {
  const { log, target, guestBytes } = recording;
  const trial = prepareContext(log, target, preset, { guestBytes });
  const violation = shrinkState(trial, found);
  const explanation = explain(trial, violation, { guestBytes, maxRecoveries: MAX_RECOVERIES });
  const hash = traceHash(log, { preset, target });
  const replay = replayFileOf(violation, {
    source,
    profile,
    preset: preset.name,
    traceHash: hash,
  });
  return {
    replay: {
      ...replay,
      explanation: explanationText(explanation, { log, target, violation }),
      trace: traceDigest(log, { preset, target }),
    },
    recording,
    violation,
  };
}

/** The violation as the file's own state shows it; undefined if it does not. */
function violationOf(
  replay: ReplayFile,
  source: Source,
  preset: Preset,
): FoundViolation | undefined {
  const point = crashPointOf(replay, source, preset);
  const trial = prepareContext(source.log, source.target, preset, source);
  const { crashAfterEvent, choices } = replay;
  const file = point.build(new RecordedChoices(choices));
  const { sizeBytes } = file;
  const key = violationKey(replay.violation);
  const seen = checkFound(trial, replay).find((each) => violationKey(each) === key);
  if (!seen) return undefined;
  const { byUnit, corruption } = point.describe(new RecordedChoices(choices));
  const nested = replay.nested?.map((each) => ({ ...each, choicesAt: () => each.choices }));
  return {
    ...seen,
    crashAfterEvent,
    persisted: persistedVersions(source.log, preset, point.spelledOut(byUnit)),
    pendingWrites: point.pendingCount,
    sizeBytes,
    ...(corruption && { corruption }),
    ...(nested && { nested: spellOutNested(nested, file, trial) }),
    choices,
    occurrences: 1,
  };
}
