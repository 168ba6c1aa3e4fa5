import { describeEvent, type LogEvent, type WriteLog } from "../log/write_log.ts";
import type { WriteOutcome } from "./write_outcome.ts";

/** How to describe the events of a timeline. */
export interface TimelineOptions {
  /** The crash comes after this event. */
  readonly crashAfterEvent: number;
  /** The outcome of the write or discard that an event issued. */
  readonly outcomeOf: (event: number) => WriteOutcome;
  /** Descriptions of the events, if there are better ones than those that fit any log. */
  readonly words?: readonly string[];
}

/** An event of a log, as a timeline shows it. */
export interface TimelineEvent {
  /** The number of the event. */
  readonly at: number;
  /** The event. */
  readonly event: Exclude<LogEvent, { readonly kind: "write-completed" | "flush-completed" }>;
  /** Its description. */
  readonly text: string;
  /** The outcome, if the event issues a write or a discard. */
  readonly outcome?: WriteOutcome;
}

/** The events of a log up to a crash, without completions of requests to the file. */
export function* timelineEvents(
  log: WriteLog,
  { crashAfterEvent, outcomeOf, words }: TimelineOptions,
): Generator<TimelineEvent> {
  for (let at = 0; at <= crashAfterEvent; at++) {
    const event = log.events[at];
    if (event.kind === "write-completed" || event.kind === "flush-completed") continue;
    const text = words?.[at] ?? describeEvent(event);
    const issues = event.kind === "write-issued" || event.kind === "discarded";
    yield issues ? { at, event, text, outcome: outcomeOf(at) } : { at, event, text };
  }
}
