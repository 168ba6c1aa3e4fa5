import type { LogEvent, WriteLog } from "../log/write_log.ts";

/** The log up to event `last`, with a flush of all before event `at`. */
export function withFlushBefore(log: WriteLog, at: number, last: number): WriteLog {
  const events = log.events.slice(0, last + 1);
  return { ...log, events: [...events.slice(0, at), ...flush(log), ...events.slice(at)] };
}

/** The log up to event `last`, with the write of event `late`, and a flush, before event `at`. */
export function withWriteBefore(
  log: WriteLog,
  late: number,
  { at, last }: { readonly at: number; readonly last: number },
): WriteLog {
  const moved = log.events[late];
  const isMoved = (event: LogEvent) =>
    event === moved ||
    (moved.kind === "write-issued" && event.kind === "write-completed" && event.id === moved.id);
  const events = log.events.slice(0, last + 1);
  return {
    ...log,
    events: [
      ...events.slice(0, at),
      ...log.events.filter(isMoved),
      ...flush(log),
      ...events.slice(at).filter((event) => !isMoved(event)),
    ],
  };
}

/** A flush that is in no log yet. */
function flush(log: WriteLog): LogEvent[] {
  const ids = log.events.map((event) => "id" in event ? event.id : 0);
  const id = Math.max(0, ...ids) + 1;
  return [{ kind: "flush-issued", id, label: "put in" }, { kind: "flush-completed", id }];
}
