import { COMMAND_FLAG, EXTENT_FLAG } from "./protocol.ts";
import type { NbdRequest } from "./request.ts";
import type { ServedDisk } from "./served_disk.ts";

/** Maximum number of extents in a reply; a client asks again for the rest. */
const MAX_EXTENTS = 4096;

/** A range as reported to clients. */
export interface StatusExtent {
  /** The length in bytes. */
  readonly lengthBytes: number;
  /** Flags of the allocation context. */
  readonly flags: number;
}

/**
 * The extents of the allocation context in the range of a request; only the first one if the
 * request asks for one. NBD protocol, section "`NBD_CMD_BLOCK_STATUS`".
 */
export async function blockStatus(request: NbdRequest, disk: ServedDisk): Promise<StatusExtent[]> {
  const max = (request.flags & COMMAND_FLAG.REQ_ONE) !== 0 ? 1 : MAX_EXTENTS;
  const reported: { lengthBytes: number; flags: number }[] = [];
  let left = request.length;
  for await (const extent of disk.extents(request.offset)) {
    const flags = (extent.isHole ? EXTENT_FLAG.HOLE : 0) | (extent.isZero ? EXTENT_FLAG.ZERO : 0);
    const lengthBytes = Math.min(left, extent.lengthBytes);
    const last = reported.at(-1);
    if (last?.flags === flags) last.lengthBytes += lengthBytes;
    else if (reported.length === max) break;
    else reported.push({ lengthBytes, flags });
    left -= lengthBytes;
    if (left === 0) break;
  }
  return reported;
}
