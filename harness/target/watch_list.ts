import type { WriteLog } from "../log/write_log.ts";
import { SECTOR_BYTES } from "../model/contents.ts";
import type { GuestRange, Target } from "./target.ts";

/**
 * The guest ranges to read after each recovery: everything that the guest wrote, the bystanders of
 * the log, and all later writes. Each range is widened to the allocation unit, since a careless
 * driver harms neighbours in the same cluster. Ranges do not overlap and ascend.
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
  for (const range of target.postRecoveryWrites) add(range.offsetBytes, range.lengthBytes);

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

/** The bytes of a post-recovery write: different from all others, and different in each sector. */
export function postRecoveryBytes(range: GuestRange): Uint8Array {
  const bytes = new Uint8Array(range.lengthBytes);
  const words = new Uint32Array(bytes.buffer);
  for (let i = 0; i < words.length; i++) {
    const sector = Math.floor((range.offsetBytes + i * 4) / SECTOR_BYTES);
    words[i] = 0x9e0b0000 ^ Math.imul(sector + 1, 0x01000193) ^ i;
  }
  return bytes;
}
