import type { Operation, ReadRequest } from "../../storage/request.ts";
import { accessRange } from "../../storage/range_lock.ts";
import { readBacking } from "../image/backing.ts";
import { findRun, knownRun } from "./lookup.ts";
import type { QedImage } from "../image/image.ts";
import { populateImage } from "./populate.ts";

/**
 * Fill `into` with what the guest sees from `offset` (bytes) on: any range, across clusters and
 * tables. Writes nothing, unless the image is one that copies on read
 * ({@linkcode QedImage.copiesOnRead}): then clusters that come from the backing file are copied first,
 * as by `populateImage`. Waits for writes to the range that came before. Throws
 * {@linkcode ImageError} for a range outside the image and {@linkcode FormatError} where a table
 * entry on the way is invalid.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, readImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * const into = new Uint8Array(3).fill(9);
 * runSync(readImage(image, 1000, into), files);
 * assertEquals(into, new Uint8Array(3));
 * ```
 */
export function* readImage(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  if (image.copiesOnRead && image.writable && !image.failure && into.length > 0) {
    yield* populateImage(image, offset, into.length);
  }
  const access = image.enter(accessRange(offset, into.length), "read");
  try {
    if (!access.isReady) yield { kind: "wait", turn: access, label: "overlapping request" };
    const quick = quickRead(image, offset, into);
    if (quick === "zeroes") into.fill(0);
    else if (quick === undefined) yield* readPieces(image, offset, into);
    else {
      const moved = yield quick;
      if (moved < into.length) into.fill(0, moved);
    }
  } finally {
    image.leave(access);
  }
}

/**
 * What most reads come to: one request for all of it, from adjacent clusters that are known to be
 * allocated, or zeroes, where none of them is known to be; undefined for any other read. The many
 * layers that those go through would cost as much as the request.
 */
function quickRead(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): ReadRequest | "zeroes" | undefined {
  // Only now: the disk may have shrunk while this was waiting.
  const { clusterIndex, byteInCluster } = image.locate(offset, into.length);
  if (into.length === 0) return undefined;
  const clusters = Math.ceil((byteInCluster + into.length) / image.geometry.clusterBytes);
  const run = knownRun(image, clusterIndex, clusters);
  if (!run || run.clusters < clusters) return undefined;
  if (run.state !== "data") {
    const hasBacking = image.backing !== undefined || image.backingName !== undefined;
    return run.state === "zero" || !hasBacking ? "zeroes" : undefined;
  }
  const offsetBytes = run.hostBytes + byteInCluster;
  return { kind: "read", file: image.file, offsetBytes, into, label: "data" };
}

/** Read a range that is held already, for as long as this runs. */
export function* readPieces(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  const { clusterBytes } = image.geometry;
  let { clusterIndex, byteInCluster } = image.locate(offset, into.length);
  let done = 0;
  while (done < into.length) {
    const most = Math.ceil((byteInCluster + into.length - done) / clusterBytes);
    const run = yield* findRun(image, clusterIndex, most);
    const length = Math.min(into.length - done, run.clusters * clusterBytes - byteInCluster);
    const piece = into.subarray(done, done + length);
    if (run.state === "data") {
      const moved = yield {
        kind: "read",
        file: image.file,
        offsetBytes: run.hostBytes + byteInCluster,
        into: piece,
        label: "data",
      };
      if (moved < length) piece.fill(0, moved);
    } else if (run.state === "zero") {
      piece.fill(0);
    } else {
      yield* readBacking(image, addBytes(offset, done), piece);
    }
    done += length;
    clusterIndex += run.clusters;
    byteInCluster = 0;
  }
}

/** `offset + bytes`, exact also where a number would be rounded. */
export function addBytes(offset: number | bigint, bytes: number): number | bigint {
  return typeof offset === "bigint" ? offset + BigInt(bytes) : offset + bytes;
}
