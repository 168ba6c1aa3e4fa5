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

/** Told how far a long operation is: bytes done of the guest's disk, and of how many. */
export type ByteListener = (doneBytes: bigint, totalBytes: bigint) => void;

/** What a long operation over a whole disk may be given. */
export interface LongOperationOptions {
  /** Finds holes of raw backing files, which spares reading them. */
  readonly holes?: HoleLookup;
  /** Told about progress. */
  readonly onProgress?: ByteListener;
}

/** The new backing file of an image. */
export interface NewBacking {
  /** What the header is to say. */
  readonly reference: BackingReference;
  /** The opened file. */
  readonly source: BackingSource;
}

/** What is compared at a time, in bytes, unless a cluster is larger. */
const BLOCK_BYTES = 1 << 18;

/**
 * Give an image another backing file, or none, without changing what its guest sees: where the
 * image leaves a cluster to its backing file and that reads differently through the new one, the
 * cluster is copied into the image first, as a zero cluster if it is zero (safe `rebase` of
 * `qemu-img`). Both backing files must be open; afterwards the new one is attached.
 *
 * Order: all copies, flush, then the header. Crash promise: at any point the image opens with its
 * old or its new backing file, and its guest reads the same through either. Copies that an
 * interrupted run has made stay, and are not made again.
 *
 * No guest may write meanwhile. Throws the storage's error where a request fails (the image has its
 * old backing file then) and `ImageError` for a name that cannot be stored.
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

/** Copy what the image leaves to its backing file and what differs from `to`. */
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

/** Compares what is behind an image with what is to be behind it. */
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
   * Look at the next piece of a range that the image leaves to its backing file, and copy what
   * differs; both ends are those of clusters, or of the disk. Answers the end of the piece.
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
    for (const run of differingRuns(oldBytes, newBytes, this.#image.geometry.clusterBytes)) {
      yield* this.#copyRun(at + BigInt(run.start), oldBytes.subarray(run.start, run.end));
    }
  }

  /** Store what was read before: as data where it is, as zero clusters in between. */
  *#copyRun(at: bigint, bytes: Uint8Array): Operation<void> {
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

/** The runs of units in which two buffers of the same length differ. */
function* differingRuns(a: Uint8Array, b: Uint8Array, unitBytes: number): Generator<ByteRange> {
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
