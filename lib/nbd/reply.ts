/**
 * Encoding of replies. NBD protocol, sections "Simple reply message" and "Structured reply chunk
 * message".
 *
 * @module
 */
import { dataRanges } from "../storage/data_ranges.ts";
import { ALLOCATION_CONTEXT_ID } from "./negotiation.ts";
import { CHUNK, CHUNK_DONE, CHUNK_HEAD_BYTES, MAGIC, SIMPLE_REPLY_BYTES } from "./protocol.ts";
import type { NbdRequest } from "./request.ts";

/** The size of the head of a data chunk: the chunk head, and the offset of the data. */
const DATA_HEAD_BYTES = CHUNK_HEAD_BYTES + 8;
/** The unit of holes in a reply, in bytes: smaller holes cost more than they save. */
const HOLE_UNIT_BYTES = 2 ** 15;
const MAX_MESSAGE_BYTES = 1024;
const NO_ERROR = 0;

/** A simple reply without data, or the head of one with data. */
export function simpleReply(request: NbdRequest, error = NO_ERROR): Uint8Array {
  const reply = new Uint8Array(SIMPLE_REPLY_BYTES);
  putSimpleHead(reply, request, error);
  return reply;
}

function putSimpleHead(reply: Uint8Array, request: NbdRequest, error: number): void {
  const view = new DataView(reply.buffer, reply.byteOffset);
  view.setUint32(0, MAGIC.SIMPLE_REPLY);
  view.setUint32(4, error);
  view.setUint32(8, request.cookieHigh);
  view.setUint32(12, request.cookieLow);
}

/** Memory for the reply to a read, where data and head are next to each other. */
export class ReadReply {
  /** The place of the data. */
  readonly data: Uint8Array;
  readonly #request: NbdRequest;
  readonly #bytes: Uint8Array;
  readonly #isStructured: boolean;

  /** Allocate the reply. Throws `RangeError` if there is not enough memory. */
  constructor(request: NbdRequest, isStructured: boolean) {
    const headBytes = isStructured ? DATA_HEAD_BYTES : SIMPLE_REPLY_BYTES;
    this.#request = request;
    this.#isStructured = isStructured;
    this.#bytes = new Uint8Array(headBytes + request.length);
    this.data = this.#bytes.subarray(headBytes);
  }

  /** The reply in pieces, once the data is there: one chunk, or several with zeroes as holes. */
  finish(isWhole: boolean): Uint8Array[] {
    if (!this.#isStructured) {
      putSimpleHead(this.#bytes, this.#request, NO_ERROR);
      return [this.#bytes];
    }
    const { length } = this.data;
    const runs = isWhole ? [] : [...dataRanges(this.data, HOLE_UNIT_BYTES)];
    if (isWhole || (runs.length === 1 && runs[0].end - runs[0].start === length)) {
      putDataHead(this.#bytes, this.#request, { start: 0, length, isLast: true });
      return [this.#bytes];
    }
    const pieces: Uint8Array[] = [];
    let done = 0;
    for (const { start, end } of runs) {
      if (start > done) pieces.push(holeChunk(this.#request, done, start - done, false));
      const head = new Uint8Array(DATA_HEAD_BYTES);
      putDataHead(head, this.#request, { start, length: end - start, isLast: end === length });
      pieces.push(head, this.data.subarray(start, end));
      done = end;
    }
    if (done < length) pieces.push(holeChunk(this.#request, done, length - done, true));
    return pieces;
  }
}

function putDataHead(
  bytes: Uint8Array,
  request: NbdRequest,
  part: { readonly start: number; readonly length: number; readonly isLast: boolean },
): void {
  const view = putChunkHead(bytes, request, {
    kind: CHUNK.OFFSET_DATA,
    length: 8 + part.length,
    isLast: part.isLast,
  });
  putOffset(view, request, part.start);
}

function holeChunk(
  request: NbdRequest,
  start: number,
  length: number,
  isLast: boolean,
): Uint8Array {
  const bytes = new Uint8Array(DATA_HEAD_BYTES + 4);
  const view = putChunkHead(bytes, request, { kind: CHUNK.OFFSET_HOLE, length: 12, isLast });
  putOffset(view, request, start);
  view.setUint32(DATA_HEAD_BYTES, length);
  return bytes;
}

/** The reply to a request for block status: ranges and their flags. */
export function statusReply(
  request: NbdRequest,
  extents: readonly { readonly lengthBytes: number; readonly flags: number }[],
): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEAD_BYTES + 4 + 8 * extents.length);
  const view = putChunkHead(bytes, request, {
    kind: CHUNK.BLOCK_STATUS,
    length: bytes.length - CHUNK_HEAD_BYTES,
    isLast: true,
  });
  view.setUint32(CHUNK_HEAD_BYTES, ALLOCATION_CONTEXT_ID);
  extents.forEach(({ lengthBytes, flags }, i) => {
    view.setUint32(CHUNK_HEAD_BYTES + 4 + 8 * i, lengthBytes);
    view.setUint32(CHUNK_HEAD_BYTES + 8 + 8 * i, flags);
  });
  return bytes;
}

/** An error reply with a message. */
export function errorChunk(request: NbdRequest, error: number, message: string): Uint8Array {
  const text = new TextEncoder().encode(message).subarray(0, MAX_MESSAGE_BYTES);
  const bytes = new Uint8Array(CHUNK_HEAD_BYTES + 6 + text.length);
  const view = putChunkHead(bytes, request, {
    kind: CHUNK.ERROR,
    length: 6 + text.length,
    isLast: true,
  });
  view.setUint32(CHUNK_HEAD_BYTES, error);
  view.setUint16(CHUNK_HEAD_BYTES + 4, text.length);
  bytes.set(text, CHUNK_HEAD_BYTES + 6);
  return bytes;
}

function putChunkHead(
  bytes: Uint8Array,
  request: NbdRequest,
  chunk: { readonly kind: number; readonly length: number; readonly isLast: boolean },
): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(0, MAGIC.STRUCTURED_REPLY);
  view.setUint16(4, chunk.isLast ? CHUNK_DONE : 0);
  view.setUint16(6, chunk.kind);
  view.setUint32(8, request.cookieHigh);
  view.setUint32(12, request.cookieLow);
  view.setUint32(16, chunk.length);
  return view;
}

function putOffset(view: DataView, { offset }: NbdRequest, start: number): void {
  view.setBigUint64(CHUNK_HEAD_BYTES, BigInt(offset) + BigInt(start));
}
