import type { WriteLog } from "../log/write_log.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** What a guest sector may hold after a crash: straight from the marks in the log. */
export function permittedAt(log: WriteLog, lastEvent: number, sector: number): Uint8Array[] {
  const start = sector * SECTOR_BYTES;
  const base = new Uint8Array(SECTOR_BYTES);
  log.guestBase.read(start, base);
  const versions = [{ id: -1, begunAt: -1, bytes: base }];
  const acknowledgedAt = new Map<number, number>([[-1, -1]]);
  const flushes = new Map<number, readonly number[]>();
  const safe = new Set<number>();
  /** Writes that may be lost whatever is flushed, as the guest knows. */
  const warned = new Set<number>();
  for (let at = 0; at <= lastEvent; at++) {
    const event = log.events[at];
    if (event.kind === "guest-write-begun") {
      const from = Math.max(start, event.offsetBytes);
      const to = Math.min(start + SECTOR_BYTES, event.offsetBytes + event.bytes.length);
      if (from >= to) continue;
      const bytes = versions[versions.length - 1].bytes.slice();
      const source = from - event.offsetBytes;
      bytes.set(event.bytes.subarray(source, source + to - from), from - start);
      versions.push({ id: event.id, begunAt: at, bytes });
    } else if (event.kind === "guest-warned") {
      for (const id of acknowledgedAt.keys()) if (id >= 0) warned.add(id);
    } else if (event.kind === "guest-flush-begun") {
      flushes.set(event.id, [...acknowledgedAt.keys()].filter((id) => !warned.has(id)));
    } else if (event.kind === "guest-acknowledged") {
      const covered = flushes.get(event.id);
      if (covered) { for (const id of covered) safe.add(id); }
      else acknowledgedAt.set(event.id, at);
    }
  }
  // A value is gone for good once a write is safe that began after the value's own had finished.
  const isGone = (id: number) => {
    const finishedAt = acknowledgedAt.get(id) ?? Infinity;
    return versions.some((other) => safe.has(other.id) && other.begunAt > finishedAt);
  };
  return versions.filter(({ id }) => !isGone(id)).map(({ bytes }) => bytes);
}
