import type { Operation } from "../storage/request.ts";
import { accessRange } from "./accesses.ts";
import { allocate, writeData } from "./allocate.ts";
import { findRun, knownRun, type Run, tableIndexes } from "./find_run.ts";
import type { GuestPosition, QedImage } from "./image.ts";
import { addBytes } from "./read.ts";

/**
 * Store `bytes` on the guest's disk from `offset` (bytes) on: any range, across clusters and
 * tables. Allocated clusters are overwritten in place; others are allocated at the end of the
 * file, or where this session has freed some (see free_clusters.ts), in the order of the image's
 * profile (see profile.ts).
 *
 * Crash promise under `strict`: until a later flush has completed each sector of the range holds
 * its old or its new contents; no other sector changes; the image opens.
 *
 * Many may run at once: those that overlap wait for each other, and of those that allocate one at
 * a time does, in the order in which they come to it. Throws {@linkcode ImageError} for a range
 * outside the image or an image that takes no writes, and the storage's error where a request
 * fails.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, readImage, runSync, writeImage } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(writeImage(image, 1000, new Uint8Array([1, 2])), files);
 * const into = new Uint8Array(4);
 * runSync(readImage(image, 999, into), files);
 * assertEquals(into, new Uint8Array([0, 1, 2, 0]));
 * ```
 */
export function writeImage(
  image: QedImage,
  offset: number | bigint,
  bytes: Uint8Array,
): Operation<void> {
  const range = accessRange(offset, bytes.length);
  return image.holding(range, "change", writePieces(image, offset, bytes));
}

/** What is left to write of a request. */
interface Piece {
  /** Where it goes on the guest's disk, in bytes. */
  readonly offset: number | bigint;
  /** The same place as cluster and byte. */
  readonly position: GuestPosition;
  readonly bytes: Uint8Array;
}

/** Write a range that is held already, for as long as this runs. */
export function* writePieces(
  image: QedImage,
  start: number | bigint,
  all: Uint8Array,
): Operation<void> {
  // Only now: the image may have failed, and its disk shrunk, while this was waiting.
  image.assertWritable();
  const position = image.locate(start, all.length);
  for (let piece: Piece = { offset: start, position, bytes: all }; piece.bytes.length > 0;) {
    const { clusterIndex, byteInCluster } = piece.position;
    const run = knownRun(image, clusterIndex, clustersOf(image, piece)) ??
      (yield* findPieceRun(image, piece));
    let done: number;
    if (run.state !== "data") {
      done = yield* image.alone(writeInTurn(image, piece));
    } else {
      if (image.repairFront && (yield* waitForRepair(image, piece.position))) continue;
      // Here and not in a function of its own: each generator adds to the cost of a request.
      const bytes = coveredBytes(image, run, piece);
      const offsetBytes = run.hostBytes + byteInCluster;
      yield { kind: "write", file: image.file, offsetBytes, bytes, label: "data" };
      done = bytes.length;
    }
    if (done === piece.bytes.length) return;
    const bytes = piece.bytes.subarray(done);
    const offset = addBytes(piece.offset, done);
    piece = { offset, bytes, position: image.locate(offset, bytes.length) };
  }
}

/**
 * Beside a repair, wait until it has passed the L2 table of a position: until then its cluster may
 * be another address's too. Answers whether that took time, and everything may have changed.
 */
function* waitForRepair(image: QedImage, { clusterIndex }: GuestPosition): Operation<boolean> {
  const front = image.repairFront;
  if (!front || !image.profile.writesBehindRepair) return false;
  const turn = front.passing(tableIndexes(image, clusterIndex).l1);
  if (turn.isReady) return false;
  yield { kind: "wait", turn, label: "repair of the L2 table" };
  image.assertWritable();
  return true;
}

/** Look a piece up anew, for others may have allocated it meanwhile, and write what is alike. */
function* writeInTurn(image: QedImage, piece: Piece): Operation<number> {
  image.assertWritable();
  return yield* writeRun(image, yield* findPieceRun(image, piece), piece);
}

function findPieceRun(image: QedImage, piece: Piece): Operation<Run> {
  return findRun(image, piece.position.clusterIndex, clustersOf(image, piece));
}

/** How many clusters a piece touches. */
function clustersOf(image: QedImage, { position, bytes }: Piece): number {
  return Math.ceil((position.byteInCluster + bytes.length) / image.geometry.clusterBytes);
}

/** What of a piece goes into the clusters of `run`. */
function coveredBytes(image: QedImage, run: Run, { position, bytes }: Piece): Uint8Array {
  const covered = run.clusters * image.geometry.clusterBytes - position.byteInCluster;
  return covered < bytes.length ? bytes.subarray(0, covered) : bytes;
}

/** Write the part of a piece that `run` covers. Answers how many bytes that is. */
function* writeRun(image: QedImage, run: Run, piece: Piece): Operation<number> {
  const { clusterIndex, byteInCluster } = piece.position;
  const bytes = coveredBytes(image, run, piece);
  if (run.state !== "data") {
    const guestOffset = addBytes(piece.offset, -byteInCluster);
    return yield* allocate(image, { clusterIndex, byteInCluster, run, bytes, guestOffset });
  }
  yield* writeData(image, run.hostBytes + byteInCluster, bytes);
  return bytes.length;
}
