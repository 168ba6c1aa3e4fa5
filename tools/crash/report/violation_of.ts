import {
  type CrashPoint,
  eventWords,
  explain,
  explanationText,
  type FoundViolation,
  outcomeOf,
  type PagedStorage,
  RecordedChoices,
  type ReferenceContext,
  type ReportViolation,
  sectorStages,
  type Target,
  timelineEntries,
} from "../../../harness/advanced.ts";
import { runSync } from "../../../lib/storage/mod.ts";
import { qedStages } from "./qed_stages.ts";

/** How hard to look for the flush that is missing, for each violation. */
const MAX_RECOVERIES = 2000;

/** How a violation is described. */
export interface ViolationOptions {
  readonly title: string;
  readonly replay: readonly string[];
  /** The size of the guest's disk, in bytes. */
  readonly guestBytes: number;
  /** Why, if that is known; it is worked out if not. */
  readonly explanation?: readonly string[] | undefined;
}

/** A violation that an engine has found, for a page. */
export function violationOf(
  context: ReferenceContext,
  violation: FoundViolation,
  { title, replay, explanation, guestBytes }: ViolationOptions,
): ReportViolation {
  const { log, target, points } = context;
  const { crashAfterEvent, kind, detail, persisted } = violation;
  const point = points.after(crashAfterEvent);
  const { pendingEvents } = point;
  return {
    ...{ title, kind, detail, replay },
    explanation: explanation ?? why(context, violation, guestBytes),
    timeline: timelineEntries(log, {
      ...{ crashAfterEvent, words: eventWords(log, target) },
      outcomeOf: (at) => outcomeOf(log.events[at], at, { persisted, pendingEvents })!,
    }),
    stages: stagesOf(context, point, violation),
  };
}

function why(
  context: ReferenceContext,
  violation: FoundViolation,
  guestBytes: number,
): readonly string[] {
  const { log, target } = context;
  if (violation.nested) {
    return violation.nested.map(({ afterEvent }) =>
      `Recovery itself was cut short after its event ${afterEvent}; tables and sectors below are those of ` +
      "the first crash."
    );
  }
  const explanation = explain(context, violation, { guestBytes, maxRecoveries: MAX_RECOVERIES });
  return explanationText(explanation, { log, target, violation });
}

function stagesOf(
  { log, target }: ReferenceContext,
  point: CrashPoint,
  { choices }: FoundViolation,
): ReportViolation["stages"] & object {
  const left = point.build(new RecordedChoices(choices));
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
  target.beforeEachState();
  try {
    runSync(target.recover(), [file, ...target.otherFiles]);
    return file;
  } catch (error) {
    const refusal = target.refusal(error);
    if (!refusal) throw error;
    return refusal.detail;
  }
}
