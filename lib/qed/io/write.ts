import type { Operation, WriteRequest } from "../../storage/request.ts";
import { accessRange } from "../../storage/range_lock.ts";
import { allocate, writeData } from "./allocate.ts";
import { cachedLookup, type ClusterExtent, lookup, tableIndexes } from "./lookup.ts";
import type { GuestPosition, QedImage } from "../image/image.ts";
import { addBytes } from "./read.ts";

/**
 * Write `bytes` to the guest's disk from `offset` (bytes) on: any range, across clusters and
 * tables. Allocated clusters are overwritten in place. Others are allocated, at the end of the file
 * or from freed clusters (see free_clusters.ts), in the order of the image's profile (see
 * profile.ts).
 *
 * Crash promise under `strict`: until a later flush has completed each sector of the range holds
 * its old or its new contents; no other sector changes; the image opens.
 *
 * Many writes may run at once: those that overlap run one after the other, and one at a time
 * allocates. Throws {@linkcode ImageError} for a range outside the image or an image that takes no
 * writes, and the storage's error for a failed request.
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
 * The fast path of most writes: one request, if all clusters are allocated, adjacent and in cached
 * tables. Undefined for any other write. The layers of the general path would cost more than the
 * request.
 */
function inPlaceWrite(
  image: QedImage,
  offset: number | bigint,
  bytes: Uint8Array,
): WriteRequest | undefined {
  // Checked under the lock: the image may have failed, or its disk shrunk, while this waited for
  // it.
  image.assertWritable();
  const position = image.locate(offset, bytes.length);
  const clusters = clusterCount(image, { position, bytes });
  if (bytes.length === 0 || image.repairFront) return undefined;
  const extent = cachedLookup(image, position.clusterIndex, clusters);
  if (extent?.state !== "data" || extent.clusters < clusters) return undefined;
  const offsetBytes = extent.hostBytes + position.byteInCluster;
  return { kind: "write", file: image.file, offsetBytes, bytes, label: "data" };
}

/** The part of a request that is still to be written. */
interface Piece {
  /** Its offset on the guest's disk, in bytes. */
  readonly offset: number | bigint;
  /** The same offset as cluster and byte. */
  readonly position: GuestPosition;
  readonly bytes: Uint8Array;
}

/** Write a range that the caller has locked. */
export function* writePieces(
  image: QedImage,
  start: number | bigint,
  all: Uint8Array,
): Operation<void> {
  image.assertWritable();
  const position = image.locate(start, all.length);
  for (let piece: Piece = { offset: start, position, bytes: all }; piece.bytes.length > 0;) {
    const extent = yield* lookupPiece(image, piece);
    const isInPlace = extent.state === "data";
    if (isInPlace && (yield* waitForRepair(image, piece.position))) continue;
    const done = isInPlace
      ? yield* writeExtent(image, extent, piece)
      : yield* image.withAllocationLock(writeInTurn(image, piece));
    const bytes = piece.bytes.subarray(done);
    if (bytes.length === 0) return;
    const offset = addBytes(piece.offset, done);
    piece = { offset, bytes, position: image.locate(offset, bytes.length) };
  }
}

/**
 * During a repair, wait until it has passed the L2 table of a position: until then another address
 * may refer to the same cluster. Returns whether it waited, so that tables may have changed.
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

/**
 * Look a piece up again, since another write may have allocated it, and write to its first
 * clusters.
 */
function* writeInTurn(image: QedImage, piece: Piece): Operation<number> {
  image.assertWritable();
  return yield* writeExtent(image, yield* lookupPiece(image, piece), piece);
}

function lookupPiece(image: QedImage, piece: Piece): Operation<ClusterExtent> {
  return lookup(image, piece.position.clusterIndex, clusterCount(image, piece));
}

/** The number of clusters that a piece overlaps. */
function clusterCount(image: QedImage, { position, bytes }: Omit<Piece, "offset">): number {
  return Math.ceil((position.byteInCluster + bytes.length) / image.geometry.clusterBytes);
}

/** Write the part of a piece that is in the clusters of `extent`. Returns its length in bytes. */
function* writeExtent(image: QedImage, extent: ClusterExtent, piece: Piece): Operation<number> {
  const { clusterIndex, byteInCluster } = piece.position;
  const covered = extent.clusters * image.geometry.clusterBytes - byteInCluster;
  const bytes = piece.bytes.subarray(0, covered);
  if (extent.state !== "data") {
    const guestOffset = addBytes(piece.offset, -byteInCluster);
    return yield* allocate(image, { clusterIndex, byteInCluster, extent, bytes, guestOffset });
  }
  yield* writeData(image, extent.hostBytes + byteInCluster, bytes);
  return bytes.length;
}
