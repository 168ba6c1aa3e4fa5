import type { ByteReader } from "./byte_reader.ts";
import type { PendingRequest } from "./client_pending.ts";
import {
  CHUNK,
  CHUNK_DONE,
  CHUNK_HEAD_BYTES,
  MAGIC,
  MAX_PAYLOAD_BYTES,
  MAX_TEXT_BYTES,
  SIMPLE_REPLY_BYTES,
} from "./protocol.ts";
import { ProtocolError } from "./protocol_error.ts";

const MAGIC_BYTES = 4;
/** The offset before the data of a chunk. */
const OFFSET_BYTES = 8;
const HOLE_BYTES = OFFSET_BYTES + 4;
const ERROR_HEAD_BYTES = 6;
const MAX_ERROR_BYTES = ERROR_HEAD_BYTES + MAX_TEXT_BYTES + OFFSET_BYTES;
/** The number of a context, and for each extent its length and its flags. */
const CONTEXT_BYTES = 4;
const EXTENT_BYTES = 8;
const MAX_STATUS_BYTES = 2 ** 20;
/** Kinds of chunks from here on are errors. NBD protocol, section "Structured reply types". */
const FIRST_ERROR_KIND = 2 ** 15;

/** How to take replies apart. */
export interface ReplyContext {
  /** Whether the server may send structured replies. */
  readonly isStructured: boolean;
  /** The number of the allocation context, if there is one. */
  readonly allocationId: number | undefined;
  /** The request with this cookie. Throws {@linkcode ProtocolError} if none is in flight. */
  pending(cookie: bigint): PendingRequest;
}

/** What has come. */
export interface ReadReply {
  readonly cookie: bigint;
  /** Whether the request is answered in full. */
  readonly isLast: boolean;
}

/** The head of a chunk. */
interface ChunkHead {
  readonly kind: number;
  readonly length: number;
}

/**
 * Read one message of the server, a simple reply or a chunk of a structured one, and give its request
 * what is in it. Throws {@linkcode ProtocolError} for what no server may send, before any memory is
 * taken for it.
 */
export async function readReply(reader: ByteReader, context: ReplyContext): Promise<ReadReply> {
  await reader.need(MAGIC_BYTES);
  const magic = reader.take(MAGIC_BYTES).getUint32(0);
  if (magic === MAGIC.SIMPLE_REPLY) return await readSimple(reader, context);
  if (magic === MAGIC.STRUCTURED_REPLY && context.isStructured) {
    return await readChunk(reader, context);
  }
  throw new ProtocolError(`reply magic 0x${magic.toString(16)}`);
}

async function readSimple(reader: ByteReader, context: ReplyContext): Promise<ReadReply> {
  await reader.need(SIMPLE_REPLY_BYTES - MAGIC_BYTES);
  const head = reader.take(SIMPLE_REPLY_BYTES - MAGIC_BYTES);
  const [error, cookie] = [head.getUint32(0), head.getBigUint64(4)];
  const request = context.pending(cookie);
  if (error !== 0) request.addError(error);
  else if (request.into) {
    if (context.isStructured) throw new ProtocolError("a simple reply to a read");
    await reader.fill(request.into);
  }
  request.finishSimple();
  return { cookie, isLast: true };
}

async function readChunk(reader: ByteReader, context: ReplyContext): Promise<ReadReply> {
  await reader.need(CHUNK_HEAD_BYTES - MAGIC_BYTES);
  const head = reader.take(CHUNK_HEAD_BYTES - MAGIC_BYTES);
  const isLast = (head.getUint16(0) & CHUNK_DONE) !== 0;
  const [kind, cookie, length] = [head.getUint16(2), head.getBigUint64(4), head.getUint32(12)];
  const request = context.pending(cookie);
  await readPayload(reader, { kind, length }, request, context);
  if (isLast) request.finishChunks();
  else if (kind === CHUNK.NONE) throw new ProtocolError("an empty chunk that is not the last");
  return { cookie, isLast };
}

async function readPayload(
  reader: ByteReader,
  { kind, length }: ChunkHead,
  request: PendingRequest,
  { allocationId }: ReplyContext,
): Promise<void> {
  const isBetween = (min: number, max: number) => length >= min && length <= max;
  const check = (isRight: boolean) => {
    if (!isRight) throw new ProtocolError(`a chunk of kind ${kind} with ${length} bytes`);
  };
  if (kind === CHUNK.NONE) {
    check(length === 0);
  } else if (kind === CHUNK.OFFSET_DATA) {
    check(isBetween(OFFSET_BYTES + 1, OFFSET_BYTES + MAX_PAYLOAD_BYTES));
    const offset = (await next(reader, OFFSET_BYTES)).getBigUint64(0);
    await reader.fill(request.part(offset, length - OFFSET_BYTES));
  } else if (kind === CHUNK.OFFSET_HOLE) {
    check(length === HOLE_BYTES);
    const hole = await next(reader, HOLE_BYTES);
    request.part(hole.getBigUint64(0), hole.getUint32(OFFSET_BYTES)).fill(0);
  } else if (kind === CHUNK.BLOCK_STATUS) {
    check(isBetween(CONTEXT_BYTES + EXTENT_BYTES, MAX_STATUS_BYTES));
    check((length - CONTEXT_BYTES) % EXTENT_BYTES === 0);
    // It may be longer than what the reader holds at a time.
    const status = new DataView((await reader.copy(length)).buffer);
    if (status.getUint32(0) !== allocationId) throw new ProtocolError("a context nobody asked for");
    for (let at = CONTEXT_BYTES; at < length; at += EXTENT_BYTES) {
      request.addExtent(status.getUint32(at), status.getUint32(at + 4));
    }
  } else if (kind >= FIRST_ERROR_KIND) {
    check(isBetween(ERROR_HEAD_BYTES, MAX_ERROR_BYTES));
    const error = await next(reader, length);
    const textBytes = error.getUint16(4);
    check(ERROR_HEAD_BYTES + textBytes <= length);
    const text = new Uint8Array(error.buffer, error.byteOffset + ERROR_HEAD_BYTES, textBytes);
    request.addError(error.getUint32(0), new TextDecoder().decode(text));
  } else {
    throw new ProtocolError(`a chunk of the unknown kind ${kind}`);
  }
}

async function next(reader: ByteReader, length: number): Promise<DataView> {
  await reader.need(length);
  return reader.take(length);
}
