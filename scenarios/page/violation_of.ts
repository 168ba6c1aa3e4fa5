import {
  type CrashPoint,
  explain,
  explanationText,
  type Fate,
  type FoundViolation,
  PagedStorage,
  prepareTrial,
  type Preset,
  type ReportViolation,
  sectorStages,
  TapeChoices,
  type Target,
  timelineEntries,
  type Trial,
  type WriteLog,
} from "../../harness/mod.ts";
import { runSync } from "../../lib/storage/mod.ts";
import { qedStages } from "./qed_stages.ts";

/** How hard to look for the flush that is missing, for each violation. */
const MOST_RECOVERIES = 2000;

/** What violations are of. */
export interface FoundIn {
  readonly log: WriteLog;
  readonly target: Target;
  readonly preset: Preset;
  readonly guestBytes: number;
}

/** How a violation is told. */
export interface ViolationOptions {
  readonly title: string;
  readonly replay: readonly string[];
  /** Why, if that is known; it is worked out if not. */
  readonly explanation?: readonly string[] | undefined;
}

/** A violation that an engine has found, for a page. */
export function violationOf(
  { log, target, preset, guestBytes }: FoundIn,
  violation: FoundViolation,
  { title, replay, explanation }: ViolationOptions,
): ReportViolation {
  const trial = prepareTrial(log, target, preset, { guestBytes });
  const { crashAfterEvent, kind, detail } = violation;
  const point = trial.points.after(crashAfterEvent);
  const describe = (at: number) => describeWrite(trial, at);
  return {
    ...{ title, kind, detail, replay },
    explanation: explanation ?? why(trial, violation, guestBytes),
    timeline: timelineEntries(log, {
      ...{ crashAfterEvent, describe },
      fateOf: (event) => fateOf(point, violation, log, event),
    }),
    stages: stagesOf(trial, point, violation),
  };
}

/** What an event of the log meant, where there are words for that. */
export function describeWrite({ log, target }: Trial, at: number): string | undefined {
  const event = log.events[at];
  if (event.kind !== "write-issued" || !target.describeWrite) return undefined;
  const before = new PagedStorage(log.base);
  for (const each of log.events.slice(0, at)) {
    if (each.kind === "write-issued") before.write(each.offsetBytes, each.bytes.length, each.bytes);
    else if (each.kind === "resized") before.resize(each.sizeBytes);
  }
  return target.describeWrite(event, before);
}

function why(trial: Trial, violation: FoundViolation, guestBytes: number): readonly string[] {
  const { log, target } = trial;
  if (violation.again) {
    return violation.again.map(({ afterEvent }) =>
      `Recovery itself was cut short after its event ${afterEvent}; tables and sectors below are those of ` +
      "the first crash."
    );
  }
  const explanation = explain(trial, violation, { guestBytes, mostRecoveries: MOST_RECOVERIES });
  return explanationText(explanation, { log, target, violation });
}

function fateOf(
  point: CrashPoint,
  { persisted }: FoundViolation,
  log: WriteLog,
  at: number,
): Fate {
  if (!point.pendingEvents.has(at)) return "durable";
  const event = log.events[at];
  const total = event.kind === "write-issued"
    ? event.bytes.length
    : event.kind === "discarded"
    ? event.lengthBytes
    : 0;
  const there = persisted.filter((version) => version.event === at)
    .reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  if (there === 0) return "lost";
  return there === total ? "reached" : "partly";
}

function stagesOf(
  { log, target }: Trial,
  point: CrashPoint,
  { tape }: FoundViolation,
): ReportViolation["stages"] & object {
  const left = point.build(new TapeChoices(tape));
  const files = { before: log.base, left, after: recovered(target, left) };
  if (target.name.startsWith("qed")) return qedStages(files);
  const ranges = log.events.slice(0, point.event + 1).flatMap((event) =>
    event.kind === "write-issued"
      ? [{ offsetBytes: event.offsetBytes, lengthBytes: event.bytes.length }]
      : []
  );
  return sectorStages(files, ranges);
}

/** The file once the target has recovered it, or why it does not. */
function recovered(target: Target, left: PagedStorage): PagedStorage | string {
  const file = left.fork();
  target.recycle();
  try {
    runSync(target.recover(), [file, ...target.otherFiles]);
    return file;
  } catch (error) {
    const refusal = target.refusal(error);
    if (!refusal) throw error;
    return refusal.detail;
  }
}
