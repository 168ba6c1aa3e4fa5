import type { Operation, WriteRequest } from "../../storage/request.ts";
import { accessRange } from "../../storage/range_lock.ts";
import { allocate, writeData } from "./allocate.ts";
import { cachedLookup, type ClusterExtent, lookup, tableIndexes } from "./lookup.ts";
import type { GuestPosition, QedImage } from "../image/image.ts";
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
export function* writeImage(
  image: QedImage,
  offset: number | bigint,
  bytes: Uint8Array,
): Operation<void> {
  const access = image.lockRange(accessRange(offset, bytes.length), "change");
  try {
    if (!access.isReady) yield { kind: "wait", turn: access, label: "overlapping request" };
    const request = inPlaceWrite(image, offset, bytes);
    if (request) yield request;
    else yield* writePieces(image, offset, bytes);
  } finally {
    image.unlockRange(access);
  }
}

/**
 * The one request that most writes come to: all of it into adjacent clusters that are known to be
 * allocated; undefined for any other write. The many layers that those go through would cost more
 * than the request.
 */
function inPlaceWrite(
  image: QedImage,
  offset: number | bigint,
  bytes: Uint8Array,
): WriteRequest | undefined {
  // Only now: the image may have failed, and its disk shrunk, while this was waiting.
  image.assertWritable();
  const position = image.locate(offset, bytes.length);
  const clusters = clustersOf(image, { position, bytes });
  if (bytes.length === 0 || image.repairFront) return undefined;
  const run = cachedLookup(image, position.clusterIndex, clusters);
  if (run?.state !== "data" || run.clusters < clusters) return undefined;
  const offsetBytes = run.hostBytes + position.byteInCluster;
  return { kind: "write", file: image.file, offsetBytes, bytes, label: "data" };
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
  image.assertWritable();
  const position = image.locate(start, all.length);
  for (let piece: Piece = { offset: start, position, bytes: all }; piece.bytes.length > 0;) {
    const run = yield* findPieceRun(image, piece);
    const isInPlace = run.state === "data";
    if (isInPlace && (yield* waitForRepair(image, piece.position))) continue;
    const done = isInPlace
      ? yield* writeRun(image, run, piece)
      : yield* image.withAllocationLock(writeInTurn(image, piece));
    const bytes = piece.bytes.subarray(done);
    if (bytes.length === 0) return;
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
  if (!front || !image.profile.waitsForRepair) return false;
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

function findPieceRun(image: QedImage, piece: Piece): Operation<ClusterExtent> {
  return lookup(image, piece.position.clusterIndex, clustersOf(image, piece));
}

/** How many clusters a piece touches. */
function clustersOf(image: QedImage, { position, bytes }: Omit<Piece, "offset">): number {
  return Math.ceil((position.byteInCluster + bytes.length) / image.geometry.clusterBytes);
}

/** Write the part of a piece that `run` covers. Answers how many bytes that is. */
function* writeRun(image: QedImage, run: ClusterExtent, piece: Piece): Operation<number> {
  const { clusterIndex, byteInCluster } = piece.position;
  const covered = run.clusters * image.geometry.clusterBytes - byteInCluster;
  const bytes = piece.bytes.subarray(0, covered);
  if (run.state !== "data") {
    const guestOffset = addBytes(piece.offset, -byteInCluster);
    return yield* allocate(image, { clusterIndex, byteInCluster, run, bytes, guestOffset });
  }
  yield* writeData(image, run.hostBytes + byteInCluster, bytes);
  return bytes.length;
}
