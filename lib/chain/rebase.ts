import { Buffer } from "node:buffer";
import {
  type BackingReference,
  type BackingSource,
  changeBacking,
  markZeroes,
  nextExtent,
  type QedImage,
  readSource,
  writeImage,
} from "../qed/mod.ts";
import type { Operation } from "../storage/mod.ts";
import { pause } from "./pause.ts";
import { type HoleLookup, SourceWalker } from "./source_walker.ts";
import { type ByteRange, dataRanges } from "../storage/data_ranges.ts";

/** Called with the progress of a long operation: bytes done of the guest's disk, and its size. */
export type ByteListener = (doneBytes: bigint, totalBytes: bigint) => void;

/** Options of a long operation over a whole disk. */
export interface LongOperationOptions {
  /** Finds holes of raw backing files, which need not be read then. */
  readonly holes?: HoleLookup;
  /** Called with the progress. */
  readonly onProgress?: ByteListener;
}

/** The new backing file of an image. */
export interface NewBacking {
  /** The reference to store in the header. */
  readonly reference: BackingReference;
  /** The open file. */
  readonly source: BackingSource;
}

/** The size of one comparison in bytes, unless a cluster is larger. */
const BLOCK_BYTES = 1 << 18;

/**
 * Change the backing file of an image, or remove it, without changing the guest's data: unallocated
 * clusters that differ between the two backing files are first copied into the image, as zero
 * clusters if they are zero (safe `rebase` of `qemu-img`). Both backing files must be open;
 * afterwards the new one is attached.
 *
 * Order: all copies, flush, header. Crash promise: at any point the image opens with its old or its
 * new backing file, and the guest reads the same data with either. Copies of an interrupted run
 * stay, and are not made again.
 *
 * No guest may write meanwhile. Throws the storage's error for a failed request (the image then has
 * its old backing file) and `ImageError` for a name that cannot be stored.
 */
export function* rebaseImage(
  image: QedImage,
  backing: NewBacking | undefined,
  options: LongOperationOptions = {},
): Operation<void> {
  image.assertWritable();
  yield* copyDifferences(image, backing?.source, options);
  yield* changeBacking(image, backing?.reference);
  image.backing = backing?.source;
}

/** Copy the unallocated clusters that read differently from `to`. */
function* copyDifferences(
  image: QedImage,
  to: BackingSource | undefined,
  options: LongOperationOptions,
): Operation<void> {
  const comparison = new Comparison(image, to, options.holes);
  for (let at = 0n; at < image.imageBytes;) {
    const extent = yield* nextExtent(image, at);
    if (!extent) return;
    const end = at + extent.lengthBytes;
    if (extent.state !== "unallocated") at = end;
    while (at < end) {
      at = yield* comparison.copyFrom(at, end);
      options.onProgress?.(at, image.imageBytes);
      yield* pause();
    }
  }
}

/** Compares the old backing file of an image with the new one. */
class Comparison {
  readonly #image: QedImage;
  readonly #to: BackingSource | undefined;
  readonly #oldWalker: SourceWalker;
  readonly #newWalker: SourceWalker;
  readonly #oldBytes: Uint8Array;
  readonly #newBytes: Uint8Array;

  constructor(image: QedImage, to: BackingSource | undefined, holes: HoleLookup | undefined) {
    this.#image = image;
    this.#to = to;
    this.#oldWalker = new SourceWalker(image.backing, { holes });
    this.#newWalker = new SourceWalker(to, { holes });
    const blockBytes = Math.max(BLOCK_BYTES, image.geometry.clusterBytes);
    this.#oldBytes = new Uint8Array(blockBytes);
    this.#newBytes = new Uint8Array(blockBytes);
  }

  /**
   * Compare the next piece of an unallocated range, and copy its differences; both ends of the
   * range are at cluster boundaries or at the end of the disk. Returns the end of the piece.
   */
  *copyFrom(at: bigint, end: bigint): Operation<bigint> {
    const old = yield* this.#oldWalker.next(at);
    const next = yield* this.#newWalker.next(at);
    const alikeEnd = at + (old.lengthBytes < next.lengthBytes ? old : next).lengthBytes;
    if (old.state === "zero" && next.state === "zero") {
      if (alikeEnd >= end) return end;
      const cluster = BigInt(this.#image.geometry.clusterBytes);
      const skippedTo = alikeEnd / cluster * cluster;
      if (skippedTo > at) return skippedTo;
    }
    const left = end - at;
    const length = left < BigInt(this.#oldBytes.length) ? Number(left) : this.#oldBytes.length;
    yield* this.#copyBlock(at, length);
    return at + BigInt(length);
  }

  *#copyBlock(at: bigint, length: number): Operation<void> {
    const oldBytes = this.#oldBytes.subarray(0, length);
    const newBytes = this.#newBytes.subarray(0, length);
    yield* readSource(this.#image.backing, at, oldBytes);
    yield* readSource(this.#to, at, newBytes);
    if (Buffer.compare(oldBytes, newBytes) === 0) return;
    for (const run of differingRanges(oldBytes, newBytes, this.#image.geometry.clusterBytes)) {
      yield* this.#copyRange(at + BigInt(run.start), oldBytes.subarray(run.start, run.end));
    }
  }

  /** Write the old contents to the image: data as data, the rest as zero clusters. */
  *#copyRange(at: bigint, bytes: Uint8Array): Operation<void> {
    let done = 0;
    for (const run of dataRanges(bytes, this.#image.geometry.clusterBytes)) {
      yield* this.#zero(at + BigInt(done), bytes.subarray(done, run.start));
      yield* writeImage(this.#image, at + BigInt(run.start), bytes.subarray(run.start, run.end));
      done = run.end;
    }
    yield* this.#zero(at + BigInt(done), bytes.subarray(done));
  }

  *#zero(at: bigint, zeroes: Uint8Array): Operation<void> {
    if (zeroes.length === 0) return;
    if (this.#image.header.layout === "rfc") yield* writeImage(this.#image, at, zeroes);
    else yield* markZeroes(this.#image, at, zeroes.length);
  }
}

/** The ranges of units in which two buffers of the same length differ. */
function* differingRanges(a: Uint8Array, b: Uint8Array, unitBytes: number): Generator<ByteRange> {
  let start = -1;
  for (let at = 0; at < a.length; at += unitBytes) {
    const end = at + unitBytes;
    const differs = Buffer.compare(a.subarray(at, end), b.subarray(at, end)) !== 0;
    if (differs && start < 0) start = at;
    if (differs || start < 0) continue;
    yield { start, end: at };
    start = -1;
  }
  if (start >= 0) yield { start, end: a.length };
}
