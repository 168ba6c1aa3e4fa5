import { describeEvent, type LogEvent, type WriteLog } from "../log/write_log.ts";
import { applyEvent } from "../model/apply_event.ts";
import { PagedStorage } from "../model/paged_storage.ts";
import type { Target } from "../target/target.ts";

/** The effect of an event as a person would call it, and its place in the log. */
export function nameEvent(log: WriteLog, target: Target, at: number): string {
  const event = log.events[at];
  switch (event.kind) {
    case "write-issued": {
      const { offsetBytes, bytes, label } = event;
      const name = target.describeWrite?.(event, fileBefore(log, at)) ??
        `the write of ${bytes.length} bytes at ${offsetBytes}`;
      return `${name} (${label}, event ${at})`;
    }
    case "resized":
      return `the size of ${event.sizeBytes} bytes (${event.label}, event ${at})`;
    default:
      return `event ${at} (${describeEvent(event)})`;
  }
}

/** An event by its number and effect. */
export function pointTo(log: WriteLog, at: number): string {
  const event = log.events[at];
  if (!event) return "the start of the log";
  return `event ${at} (${describeWithRequest(log, event)})`;
}

/** Completions and acknowledgements are only numbers: name their request. */
function describeWithRequest(log: WriteLog, event: LogEvent): string {
  if (!event.kind.endsWith("completed") && event.kind !== "guest-acknowledged") {
    return describeEvent(event);
  }
  const { id } = event as LogEvent & { readonly id: number };
  const isGuest = event.kind === "guest-acknowledged";
  const begun = log.events.find((each) =>
    each !== event && "id" in each && each.id === id && each.kind.startsWith("guest") === isGuest
  );
  const what = begun ? describeEvent(begun) : `#${id}`;
  return `${what}: ${isGuest ? "acknowledged" : "completed"}`;
}

/** The file as the program saw it before event `at`. */
function fileBefore(log: WriteLog, at: number): PagedStorage {
  const file = new PagedStorage(log.base);
  for (const event of log.events.slice(0, at)) applyEvent(file, event);
  return file;
}
