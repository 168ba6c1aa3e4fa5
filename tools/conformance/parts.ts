/**
 * Files as text: where there are bytes other than zero, and which. A file of many gigabytes with a
 * few tables in it takes a few lines, which can be read, compared, and expanded in any language.
 *
 * A part is `OFFSET HEX`, or `OFFSET HH*COUNT` for a byte that is there `COUNT` times; offset and
 * count are decimal. What no part covers is zero.
 *
 * @module
 */
import { SparseFile } from "../../lib/storage/sparse_file.ts";

/** The contents of a file or a disk. */
export interface Contents {
  /** Its size; a decimal number, since JSON has none that are large enough. */
  readonly bytes: string;
  /** The parts that are not zero, in order. */
  readonly parts: readonly string[];
}

/** A part, taken apart. */
export interface Part {
  /** Where it starts, in bytes. */
  readonly offsetBytes: bigint;
  /** The bytes that are there, `count` times one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How often. */
  readonly count: number;
}

/** The most bytes that one part may stand for. */
const MAX_PART_BYTES = 2 ** 26;
/** Runs of a byte that are shorter are written out. */
const SHORTEST_RUN_BYTES = 16;
/** The most bytes that a part writes out. */
const MAX_LITERAL_BYTES = 64;

/**
 * Take a part apart. Throws {@linkcode SyntaxError} for what is none, and for one that stands for
 * more bytes than a test image has any use for.
 */
export function parsePart(text: string): Part {
  const match = /^(\d{1,19}) ((?:[0-9a-f]{2})+)(?:\*(\d{1,9}))?$/.exec(text);
  if (!match) throw new SyntaxError(`"${text}" is not OFFSET HEX or OFFSET HEX*COUNT`);
  const [, offset, hex, times] = match;
  const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, i) => {
    return Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  });
  const count = Number(times ?? 1);
  if (count * bytes.length > MAX_PART_BYTES) {
    throw new SyntaxError(`"${text}" is more than ${MAX_PART_BYTES} bytes`);
  }
  return { offsetBytes: BigInt(offset), bytes, count };
}

/** All bytes of a part. */
export function expandPart({ bytes, count }: Part): Uint8Array {
  const all = new Uint8Array(bytes.length * count);
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length);
  return all;
}

/** Expand a description. Throws {@linkcode SyntaxError} for a part that is none. */
export function expandContents({ bytes, parts }: Contents): SparseFile {
  const disk = new SparseFile(Number(bytes));
  for (const part of parts.map(parsePart)) {
    disk.write(Number(part.offsetBytes), expandPart(part));
  }
  return disk;
}

/**
 * Describe a file or a disk; the same contents always have the same description. Equal neighbours
 * become one part, however they were written.
 */
export function describeContents(disk: SparseFile): Contents {
  const parts: string[] = [];
  for (const [startBytes, endBytes] of joined(disk.ranges())) {
    describeRange(disk.read(startBytes, endBytes - startBytes), startBytes, parts);
  }
  return { bytes: `${disk.sizeBytes}`, parts };
}

/** Ranges that follow each other as one: start and end in bytes. */
function joined(ranges: readonly (readonly [number, number])[]): [number, number][] {
  const result: [number, number][] = [];
  for (const [startBytes, lengthBytes] of ranges) {
    const last = result.at(-1);
    if (last && last[1] === startBytes) last[1] += lengthBytes;
    else result.push([startBytes, startBytes + lengthBytes]);
  }
  return result;
}

function describeRange(bytes: Uint8Array, startBytes: number, parts: string[]): void {
  const hex = (from: number, to: number) => {
    return Array.from(bytes.subarray(from, to), (byte) => byte.toString(16).padStart(2, "0"))
      .join("");
  };
  let literal: number | undefined;
  const endLiteral = (end: number) => {
    if (literal !== undefined) parts.push(`${startBytes + literal} ${hex(literal, end)}`);
    literal = undefined;
  };
  for (let at = 0; at < bytes.length;) {
    const runBytes = runLength(bytes, at);
    if (runBytes >= SHORTEST_RUN_BYTES) {
      endLiteral(at);
      if (bytes[at] !== 0) parts.push(`${startBytes + at} ${hex(at, at + 1)}*${runBytes}`);
    } else if (literal !== undefined || bytes[at] !== 0) {
      if (literal !== undefined && at - literal >= MAX_LITERAL_BYTES) endLiteral(at);
      literal ??= at;
    }
    at += runBytes;
  }
  // Zeroes that end the range are not worth a word.
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  if (literal !== undefined && literal < end) endLiteral(end);
}

function runLength(bytes: Uint8Array, from: number): number {
  let to = from + 1;
  while (to < bytes.length && bytes[to] === bytes[from]) to++;
  return to - from;
}
