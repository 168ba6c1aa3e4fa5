/**
 * Logs of our own recorder (`deno task qed nbd --record`) beside what tools for the other format know of:
 * for each write, flush and discard an entry of a dm-log-writes log, in the order of submission, so that
 * a script can take its data from a file. The events stay those of our log, which know what was in flight
 * at a time.
 *
 * @module
 */
import {
  type ByteSource,
  type DmLogEntry,
  encodeDmLog,
  type LogEvent,
  type NewDmLogEntry,
  PagedStorage,
  parseDmLog,
} from "../../harness/advanced.ts";

import { labelOf } from "./record.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** A log in both forms. */
export interface SubmittedEntries {
  readonly logBytes: Uint8Array;
  readonly entries: readonly DmLogEntry[];
  readonly events: readonly LogEvent[];
  readonly entryOfEvent: readonly number[];
  /** Not there for logs that came in the other form. */
  readonly knowsSubmission?: true;
}

/** Bring our own log, of a file that was `base` before, into the other form as well. */
export function submittedEntries(
  events: readonly LogEvent[],
  base: ByteSource,
): SubmittedEntries {
  const file = new PagedStorage(base);
  const entries: NewDmLogEntry[] = [];
  const entryOfRequest = new Map<number, number>();
  const entryOfEvent = events.map((event) => {
    switch (event.kind) {
      case "write-issued": {
        file.write(event.offsetBytes, event.bytes.length, event.bytes);
        entries.push(wholeSectors(file, event.offsetBytes, event.bytes.length));
        break;
      }
      case "discarded":
        file.write(event.offsetBytes, event.lengthBytes, undefined);
        entries.push(wholeSectors(file, event.offsetBytes, event.lengthBytes));
        break;
      case "flush-issued":
        entries.push({ isFlush: true });
        break;
      default:
        return ("id" in event ? entryOfRequest.get(event.id) : undefined) ?? entries.length - 1;
    }
    if ("id" in event) entryOfRequest.set(event.id, entries.length - 1);
    return entries.length - 1;
  });
  const logBytes = encodeDmLog(entries);
  return {
    ...{ logBytes, entryOfEvent, knowsSubmission: true },
    entries: parseDmLog(logBytes),
    events: events.map((event) =>
      event.kind === "write-issued" ? { ...event, label: labelOf(event) } : event
    ),
  };
}

/** The sectors that a range touches, as they are once it is written. */
function wholeSectors(file: PagedStorage, offsetBytes: number, lengthBytes: number): NewDmLogEntry {
  const start = Math.floor(offsetBytes / SECTOR_BYTES) * SECTOR_BYTES;
  const end = Math.ceil((offsetBytes + lengthBytes) / SECTOR_BYTES) * SECTOR_BYTES;
  const bytes = new Uint8Array(end - start);
  file.read(start, bytes);
  return { offsetBytes: start, bytes };
}
