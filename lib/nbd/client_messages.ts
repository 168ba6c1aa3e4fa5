/**
 * The messages of a client, as bytes. NBD protocol, sections "Option haggling" and "Request message".
 *
 * @module
 */
import { MAGIC, REQUEST_BYTES } from "./protocol.ts";
import type { ByteOffset } from "./served_disk.ts";

const ENCODER = new TextEncoder();

/** A request to send. */
export interface NewRequest {
  /** One of `COMMAND`. */
  readonly command: number;
  /** Of `COMMAND_FLAG`; none if not given. */
  readonly flags?: number;
  /** Where its range starts, in bytes; 0 if not given. */
  readonly offset?: ByteOffset;
  /** How long its range is, in bytes; as long as the payload if not given. */
  readonly length?: number;
  /** The bytes to write. */
  readonly payload?: Uint8Array;
}

/** The head of a request; its payload follows. */
export function requestHead(request: NewRequest, cookie: bigint): Uint8Array {
  const { command, flags = 0, offset = 0, payload, length = payload?.length ?? 0 } = request;
  const head = new DataView(new ArrayBuffer(REQUEST_BYTES));
  head.setUint32(0, MAGIC.REQUEST);
  head.setUint16(4, flags);
  head.setUint16(6, command);
  head.setBigUint64(8, cookie);
  head.setBigUint64(16, BigInt(offset));
  head.setUint32(24, length);
  return new Uint8Array(head.buffer);
}

/** An option; `length` is the one that its head claims. */
export function optionMessage(
  option: number,
  data: Uint8Array = new Uint8Array(0),
  length: number = data.length,
): Uint8Array {
  const head = new DataView(new ArrayBuffer(16));
  head.setBigUint64(0, MAGIC.OPTION);
  head.setUint32(8, option);
  head.setUint32(12, length);
  return join(new Uint8Array(head.buffer), data);
}

/** The data of the options GO and INFO; `infos` are the kinds of information asked for. */
export function goData(name: string, ...infos: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 + 2 * infos.length));
  view.setUint16(0, infos.length);
  infos.forEach((info, i) => view.setUint16(2 + 2 * i, info));
  return join(text(name), new Uint8Array(view.buffer));
}

/** The data of the options about metadata contexts. */
export function contextQuery(name: string, ...queries: readonly string[]): Uint8Array {
  return join(text(name), uint32s(queries.length), ...queries.map(text));
}

/** Numbers of 32 bits. */
export function uint32s(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return new Uint8Array(view.buffer);
}

/** Bytes one after the other. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function text(value: string): Uint8Array {
  const bytes = ENCODER.encode(value);
  return join(uint32s(bytes.length), bytes);
}
