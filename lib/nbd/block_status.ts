import { COMMAND_FLAG, EXTENT_FLAG } from "./protocol.ts";
import type { NbdRequest } from "./request.ts";
import type { ServedDisk } from "./served_disk.ts";

/** The most extents that are told at once; a client asks again for what is missing. */
const MAX_EXTENTS = 4096;

/** A range as clients are told of it. */
export interface StatusExtent {
  /** How long it is, in bytes. */
  readonly lengthBytes: number;
  /** Those of the allocation context. */
  readonly flags: number;
}

/**
 * What the allocation context says of the range of a request, from its start and not past its end:
 * one extent if that is what was asked for. NBD protocol, section "`NBD_CMD_BLOCK_STATUS`".
 */
export async function blockStatus(request: NbdRequest, disk: ServedDisk): Promise<StatusExtent[]> {
  const max = (request.flags & COMMAND_FLAG.REQ_ONE) !== 0 ? 1 : MAX_EXTENTS;
  const told: { lengthBytes: number; flags: number }[] = [];
  let left = request.length;
  for await (const extent of disk.extents(request.offset)) {
    const flags = (extent.isHole ? EXTENT_FLAG.HOLE : 0) | (extent.isZero ? EXTENT_FLAG.ZERO : 0);
    const lengthBytes = Math.min(left, extent.lengthBytes);
    const last = told.at(-1);
    if (last?.flags === flags) last.lengthBytes += lengthBytes;
    else if (told.length === max) break;
    else told.push({ lengthBytes, flags });
    left -= lengthBytes;
    if (left === 0) break;
  }
  return told;
}
