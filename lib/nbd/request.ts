import { COMMAND, COMMAND_FLAG, MAGIC, MAX_PAYLOAD_BYTES, NBD_ERROR } from "./protocol.ts";
import { ProtocolError } from "./protocol_error.ts";
import { RequestError } from "./request_error.ts";
import type { ByteOffset, ServedDisk } from "./served_disk.ts";

/** A request of a client. NBD protocol, section "Request message". */
export interface NbdRequest {
  /** The command flags. */
  readonly flags: number;
  /** The command. */
  readonly command: number;
  /** The upper half of the cookie, which the reply repeats. */
  readonly cookieHigh: number;
  /** The lower half of the cookie. */
  readonly cookieLow: number;
  /** The start of the range on the disk, in bytes. */
  readonly offset: ByteOffset;
  /** The length of the range in bytes. */
  readonly length: number;
}

/** Parse the head of a request. Throws {@linkcode ProtocolError} for a wrong magic. */
export function readRequest(view: DataView, at: number): NbdRequest {
  const magic = view.getUint32(at);
  if (magic !== MAGIC.REQUEST) throw new ProtocolError(`request magic 0x${magic.toString(16)}`);
  return {
    flags: view.getUint16(at + 4),
    command: view.getUint16(at + 6),
    cookieHigh: view.getUint32(at + 8),
    cookieLow: view.getUint32(at + 12),
    offset: offsetAt(view, at + 16),
    length: view.getUint32(at + 24),
  };
}

/** A number if it is exact, since a bigint costs much more. */
function offsetAt(view: DataView, at: number): ByteOffset {
  const high = view.getUint32(at);
  if (high < 2 ** 21) return high * 2 ** 32 + view.getUint32(at + 4);
  return view.getBigUint64(at);
}

/** The flags of each command, besides FUA, which every command may have. */
const KNOWN_FLAGS: Readonly<Record<number, number>> = {
  [COMMAND.READ]: COMMAND_FLAG.DF,
  [COMMAND.WRITE]: 0,
  [COMMAND.FLUSH]: 0,
  [COMMAND.TRIM]: 0,
  [COMMAND.WRITE_ZEROES]: COMMAND_FLAG.NO_HOLE | COMMAND_FLAG.FAST_ZERO,
  [COMMAND.BLOCK_STATUS]: COMMAND_FLAG.REQ_ONE,
};

const { WRITE, TRIM, WRITE_ZEROES } = COMMAND;

/** Whether a command changes the disk. */
export function isChange(command: number): boolean {
  return command === WRITE || command === TRIM || command === WRITE_ZEROES;
}

/**
 * Throws {@linkcode RequestError} for an invalid request, or one that `disk` cannot carry out;
 * `asked` is the result of the negotiation.
 */
export function checkRequest(
  request: NbdRequest,
  disk: ServedDisk,
  asked: { readonly isStructured: boolean; readonly hasAllocation: boolean },
): void {
  const { command, flags, length } = request;
  const known = KNOWN_FLAGS[command];
  if (known === undefined) throw invalid(`command ${command} is not supported`);
  const { FUA } = COMMAND_FLAG;
  const unknown = flags & ~(known | FUA);
  if (unknown !== 0) throw invalid(`flags 0x${unknown.toString(16)} are not supported`);
  if (command === COMMAND.FLUSH) {
    if (request.offset !== 0 || length !== 0) throw invalid("a flush has no range");
    return;
  }
  if (length === 0) throw invalid("the range is empty");
  if (isChange(command)) checkChange(request, disk);
  if (command === COMMAND.READ) {
    if (length > MAX_PAYLOAD_BYTES) throw invalid(`at most ${MAX_PAYLOAD_BYTES} bytes at once`);
    if ((flags & COMMAND_FLAG.DF) !== 0 && !asked.isStructured) {
      throw invalid("DF without structured replies");
    }
  }
  if (command === COMMAND.BLOCK_STATUS && !asked.hasAllocation) {
    throw invalid("no metadata context was set");
  }
  checkRange(request, disk);
}

function checkChange({ command, flags, length }: NbdRequest, disk: ServedDisk): void {
  if (!disk.isWritable) throw new RequestError(NBD_ERROR.EPERM, "the disk is read-only");
  if (command === TRIM && !disk.canTrim) throw invalid("trim is not supported");
  if (command === WRITE && length > MAX_PAYLOAD_BYTES) {
    throw invalid(`at most ${MAX_PAYLOAD_BYTES} bytes at once`);
  }
  if ((flags & COMMAND_FLAG.FUA) !== 0 && !disk.canForceWrites) {
    throw invalid("FUA is not supported");
  }
}

/** NBD protocol, section "Error values": no space for writes past the end, invalid for the rest. */
function checkRange({ command, offset, length }: NbdRequest, disk: ServedDisk): void {
  const end = BigInt(offset) + BigInt(length);
  if (end <= disk.sizeBytes) return;
  const isWrite = command === WRITE || command === WRITE_ZEROES;
  if (isWrite && disk.canGrow && end <= Number.MAX_SAFE_INTEGER) return;
  const message = `${length} bytes at ${offset} are past the end of the disk at ${disk.sizeBytes}`;
  throw new RequestError(isWrite ? NBD_ERROR.ENOSPC : NBD_ERROR.EINVAL, message);
}

function invalid(message: string): RequestError {
  return new RequestError(NBD_ERROR.EINVAL, message);
}
