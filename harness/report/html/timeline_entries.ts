import type { WriteLog } from "../../log/write_log.ts";
import { type TimelineEvent, timelineEvents, type TimelineOptions } from "../timeline.ts";
import type { TimelineEntry } from "./document.ts";

/**
 * A log up to a crash, one entry for each event; acknowledgements are merged into their requests.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, timelineEntries } from "@powercut/powercut/harness/advanced";
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
  for (const each of timelineEvents(log, options)) {
    const { event } = each;
    if (event.kind === "guest-acknowledged") {
      const place = begun.get(event.id);
      if (place !== undefined) entries[place] = { ...entries[place], answeredAt: entries.length };
      continue;
    }
    const entry = entryOf(each);
    if (entry.kind === "guest" && "id" in event) begun.set(event.id, entries.length);
    entries.push(entry);
  }
  return [...entries, { kind: "crash", lane: "", text: "the power is cut" }];
}

function entryOf({ event, text, outcome }: TimelineEvent): TimelineEntry {
  switch (event.kind) {
    case "write-issued":
    case "discarded":
      return { kind: "write", lane: event.label, text, ...(outcome && { outcome }) };
    case "resized":
      return { kind: "size", lane: "size", text };
    case "flush-issued":
      return { kind: "flush", lane: "flush", text };
    case "guest-write-begun":
    case "guest-flush-begun":
      return { kind: "guest", lane: "guest", text };
    default:
      return { kind: "note", lane: "notes", text };
  }
}
