import { describeEvent, type LogEvent, type WriteLog } from "../../log/write_log.ts";
import type { WriteOutcome } from "../text/write_outcome.ts";
import type { TimelineEntry } from "./document.ts";

/** How to tell what happened. */
export interface TimelineOptions {
  /** The crash comes after this event. */
  readonly crashAfterEvent: number;
  /** What became of the write, cut or discard that an event issued. */
  readonly outcomeOf: (event: number) => WriteOutcome;
  /** Each event in words, where there are better ones than those that fit any log. */
  readonly words?: readonly string[];
}

/**
 * A log up to a crash, one entry for each thing that happened; completions are not told.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, timelineEntries } from "@powercut/powercut/harness";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * recorder.run((function* (): Operation<void> {
 *   const bytes = new Uint8Array(512).fill(1);
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 * })());
 * const options = { crashAfterEvent: 1, outcomeOf: () => "lost" as const };
 * const entries = timelineEntries(recorder.log, options);
 * assertEquals(entries.map(({ kind, lane }) => [kind, lane]), [["write", "data"], ["crash", ""]]);
 * ```
 */
export function timelineEntries(log: WriteLog, options: TimelineOptions): TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  /** For each request of the guest where it is among the entries. */
  const begun = new Map<number, number>();
  for (let at = 0; at <= options.crashAfterEvent; at++) {
    const event = log.events[at];
    if (event.kind === "guest-acknowledged") {
      const place = begun.get(event.id);
      if (place !== undefined) entries[place] = { ...entries[place], answeredAt: entries.length };
      continue;
    }
    const entry = entryOf(event, at, options);
    if (!entry) continue;
    if (entry.kind === "guest" && "id" in event) begun.set(event.id, entries.length);
    entries.push(entry);
  }
  return [...entries, { kind: "crash", lane: "", text: "the power is cut" }];
}

function entryOf(
  event: LogEvent,
  at: number,
  { outcomeOf, words }: TimelineOptions,
): TimelineEntry | undefined {
  const text = words?.[at] ?? describeEvent(event);
  switch (event.kind) {
    case "write-issued":
    case "discarded":
      return { kind: "write", lane: event.label, text, outcome: outcomeOf(at) };
    case "resized":
      return { kind: "size", lane: "size", text };
    case "flush-issued":
      return { kind: "flush", lane: "flush", text };
    case "guest-write-begun":
    case "guest-flush-begun":
      return { kind: "guest", lane: "guest", text };
    case "write-completed":
    case "flush-completed":
    case "guest-acknowledged":
      return undefined;
    default:
      return { kind: "note", lane: "notes", text };
  }
}
