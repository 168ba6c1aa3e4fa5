import { SECTOR_BYTES } from "./contents.ts";

/** Put the part of a write that falls into a sector, which starts at `startBytes`, there. */
export function putInto(
  sector: Uint8Array,
  startBytes: number,
  { offsetBytes, bytes, lengthBytes = bytes?.length ?? 0 }: {
    readonly offsetBytes: number;
    readonly lengthBytes?: number;
    /** The bytes; zeroes if there are none. */
    readonly bytes?: Uint8Array | undefined;
  },
): void {
  const at = offsetBytes - startBytes;
  const from = Math.max(0, at);
  const to = Math.min(SECTOR_BYTES, at + lengthBytes);
  if (bytes) sector.set(bytes.subarray(from - at, to - at), from);
  else sector.fill(0, from, to);
}
