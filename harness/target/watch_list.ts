import type { WriteLog } from "../log/write_log.ts";
import { SECTOR_BYTES } from "../model/contents.ts";
import type { GuestRange, Target } from "./target.ts";

/**
 * The guest ranges that are read after each recovery: all that the guest wrote, the bystanders of
 * the log, and all that will be written afterwards, each widened to the unit of allocation, since
 * a neighbour in the same cluster is what a careless driver harms. Ranges do not overlap and ascend.
 */
export function watchList(log: WriteLog, target: Target, guestBytes: number): GuestRange[] {
  const unit = target.allocationUnitBytes;
  const clusters = new Set<number>();
  const add = (offsetBytes: number, lengthBytes: number) => {
    const end = Math.ceil((offsetBytes + lengthBytes) / unit);
    for (let i = Math.floor(offsetBytes / unit); i < end; i++) clusters.add(i);
  };
  for (const event of log.events) {
    if (event.kind === "guest-write-begun") add(event.offsetBytes, event.bytes.length);
  }
  for (const range of log.bystanders ?? []) add(range.offsetBytes, range.lengthBytes);
  for (const probe of target.postRecoveryWrites) add(probe.offsetBytes, probe.lengthBytes);

  const ranges: GuestRange[] = [];
  for (const cluster of [...clusters].sort((a, b) => a - b)) {
    const offsetBytes = cluster * unit;
    const lengthBytes = Math.min(unit, guestBytes - offsetBytes);
    const last = ranges[ranges.length - 1];
    if (last && last.offsetBytes + last.lengthBytes === offsetBytes) {
      ranges[ranges.length - 1] = { ...last, lengthBytes: last.lengthBytes + lengthBytes };
    } else if (lengthBytes > 0) ranges.push({ offsetBytes, lengthBytes });
  }
  return ranges;
}

/** What a probe writes: different from anything else, and different in each sector. */
export function probeBytes(range: GuestRange): Uint8Array {
  const bytes = new Uint8Array(range.lengthBytes);
  const words = new Uint32Array(bytes.buffer);
  for (let i = 0; i < words.length; i++) {
    const sector = Math.floor((range.offsetBytes + i * 4) / SECTOR_BYTES);
    words[i] = 0x9e0b0000 ^ Math.imul(sector + 1, 0x01000193) ^ i;
  }
  return bytes;
}
