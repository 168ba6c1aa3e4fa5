import { HoleFinder } from "../../lib/chain/mod.ts";
import type { GuestContents, GuestRange } from "./cases/case.ts";
import { expandContents } from "./parts.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";

const BLOCK_BYTES = 2 ** 20;

/** The bytes that are compared with the expected contents. */
export interface ContentsReader {
  /** The size in bytes. */
  readonly sizeBytes: number;
  /** Fill `into` from `offsetBytes` on. */
  read(offsetBytes: number, into: Uint8Array): void;
  /** The ranges that may be other than zero: start and end in bytes, in order. */
  ranges(): Iterable<readonly [startBytes: number, endBytes: number]>;
}

/** Ranges that are not compared. */
export type Undecided = readonly GuestRange[];

/**
 * What is wrong with what was read, in a few words; undefined if it is what it should be.
 */
export function describeDifference(
  actual: ContentsReader,
  expected: GuestContents | SparseFile,
  undecided: Undecided = [],
): string | undefined {
  const disk = "sha256" in expected ? expandContents(expected) : expected;
  if (actual.sizeBytes !== disk.sizeBytes) {
    return `the disk has ${actual.sizeBytes} bytes instead of ${disk.sizeBytes}`;
  }
  const skips = undecided.map(({ offset, length }) => [Number(offset), Number(offset) + length]);
  const isSkipped = (at: number) => skips.some(([start, end]) => at >= start && at < end);
  const blocks = new Set([...blocksOf(actual.ranges()), ...blocksOf(rangesOf(disk))]);
  for (const block of [...blocks].sort((a, b) => a - b)) {
    const start = block * BLOCK_BYTES;
    const bytes = new Uint8Array(Math.min(BLOCK_BYTES, disk.sizeBytes - start));
    actual.read(start, bytes);
    const wanted = disk.read(start, bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] === wanted[i] || isSkipped(start + i)) continue;
      return `byte ${start + i} of the disk is ${hex(bytes[i])} instead of ${hex(wanted[i])}`;
    }
  }
  return undefined;
}

/** A raw file, of which holes are not read. Dispose it to close it. */
export class RawFile implements ContentsReader, Disposable {
  /** Its size in bytes. */
  readonly sizeBytes: number;
  readonly #file: Deno.FsFile;
  readonly #path: string;

  /** Open the file at `path`. */
  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path);
    this.sizeBytes = this.#file.statSync().size;
  }

  /** Fill `into` from `offsetBytes` on; what is past the end is zero. */
  read(offsetBytes: number, into: Uint8Array): void {
    this.#file.seekSync(offsetBytes, Deno.SeekMode.Start);
    let done = 0;
    while (done < into.length) {
      const count = this.#file.readSync(into.subarray(done)) ?? 0;
      if (count === 0) break;
      done += count;
    }
    into.fill(0, done);
  }

  /** Where the file system has data. */
  *ranges(): Iterable<readonly [number, number]> {
    using holes = new HoleFinder(this.#path);
    for (let range = holes.nextData(0); range; range = holes.nextData(range.endBytes)) {
      yield [range.startBytes, range.endBytes];
    }
  }

  /** Close it. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function* rangesOf(disk: SparseFile): Iterable<readonly [number, number]> {
  for (const [offsetBytes, lengthBytes] of disk.ranges()) {
    yield [offsetBytes, offsetBytes + lengthBytes];
  }
}

function* blocksOf(ranges: Iterable<readonly [number, number]>): Iterable<number> {
  for (const [start, end] of ranges) {
    for (let at = Math.floor(start / BLOCK_BYTES); at * BLOCK_BYTES < end; at++) yield at;
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
