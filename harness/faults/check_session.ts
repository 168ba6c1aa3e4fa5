import { Buffer } from "node:buffer";
import { describeSector } from "../result/describe_sector.ts";
import type { LogEvent, WriteLog } from "../log/write_log.ts";
import type { GuestRange } from "../target/target.ts";
import type { Violation } from "../result/violation.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/**
 * At the end of a log, without a crash, a session must read the latest data: the value of the last
 * acknowledged write, or, if later writes failed, the value of any of them.
 */
export function checkSession(
  log: WriteLog,
  watched: readonly GuestRange[],
  read: (offsetBytes: number, lengthBytes: number) => Uint8Array | undefined,
): Violation[] {
  const violations: Violation[] = [];
  for (const { offsetBytes, lengthBytes } of watched) {
    const bytes = read(offsetBytes, lengthBytes);
    for (let at = 0; bytes && at < lengthBytes; at += SECTOR_BYTES) {
      const sector = (offsetBytes + at) / SECTOR_BYTES;
      const seen = bytes.subarray(at, at + SECTOR_BYTES);
      const allowed = readableNow(log, sector);
      if (allowed.some((value) => Buffer.compare(value, seen) === 0)) continue;
      const subject = `guest sector ${sector}`;
      const detail = `${subject} reads as ${describeSector(seen)} without any crash, allowed: ` +
        allowed.map(describeSector).join(" or ");
      violations.push({ kind: "wrong-data", subject, detail });
    }
  }
  return violations;
}

/** The values that a sector may read as at the end of a log. */
function readableNow(log: WriteLog, sector: number): Uint8Array[] {
  const start = sector * SECTOR_BYTES;
  const base = new Uint8Array(SECTOR_BYTES);
  log.guestBase.read(start, base);
  let values: Uint8Array[] = [base];
  const acknowledged = new Set(
    log.events.flatMap((event) => event.kind === "guest-acknowledged" ? [event.id] : []),
  );
  for (const event of log.events) {
    if (event.kind !== "guest-write-begun" || !touches(event, start)) continue;
    const newer = values.map((value) => overwritten(value, start, event));
    values = acknowledged.has(event.id) ? newer : [...values, ...newer];
  }
  return values;
}

type GuestWrite = LogEvent & { kind: "guest-write-begun" };

function touches({ offsetBytes, bytes }: GuestWrite, start: number): boolean {
  return offsetBytes < start + SECTOR_BYTES && offsetBytes + bytes.length > start;
}

function overwritten(value: Uint8Array, start: number, write: GuestWrite): Uint8Array {
  const result = value.slice();
  const from = Math.max(start, write.offsetBytes);
  const to = Math.min(start + SECTOR_BYTES, write.offsetBytes + write.bytes.length);
  const source = from - write.offsetBytes;
  result.set(write.bytes.subarray(source, source + to - from), from - start);
  return result;
}
