import type { Operation } from "../../storage/request.ts";
import { linkNewL2Table, prepareAllocation } from "./allocate.ts";
import { changeRange } from "./change_range.ts";
import type { ClusterPart } from "./cluster_span.ts";
import { loadL2Table, lookup, tableIndexes } from "./lookup.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED, ZERO_CLUSTER } from "../format/layout.ts";
import { backingIsKnownZero, endOfBacking } from "./known_zeroes.ts";
import { emptyEntry, restIsZero, unmapClusters } from "./unmap.ts";
import { setEntries } from "../image/update_entries.ts";
import { writePieces } from "./write.ts";

/** Maximum size of one write of literal zeroes, in bytes. */
const PIECE_BYTES = 2 ** 20;

/**
 * Make `lengthBytes` bytes of the guest's disk from `offset` on read as zeroes, at the lowest cost.
 *
 * Whole clusters become unallocated or, with a backing file, zero clusters; their space in the file
 * may be reused (see free_clusters.ts). So does a cluster that is only partly in the range, if the
 * rest of it reads as zeroes too (Kivity, 10 September 2010 11:43). In other partial clusters
 * zeroes are written, if the cluster is allocated or shows backing data. Unallocated clusters that
 * read as zeroes do not change, nor do ranges without L2 table; a table is created only to hide
 * backing data. The rfc layout has no zero clusters: with a backing file its clusters are written
 * as zeroes.
 *
 * Tables are changed one after the other, each with few writes; memory does not depend on the
 * length.
 *
 * Crash promise under `strict`: that of a write of zeroes. Until a later flush has completed, each
 * sector of the range holds its old contents or zeroes; no other sector changes, even if the freed
 * clusters are reused; the image opens.
 *
 * Locks the clusters of the range. Throws {@linkcode ImageError} for a range outside the image or
 * an image that takes no writes, {@linkcode FormatError} for an invalid table entry, and the
 * storage's error for a failed request; earlier tables have changed then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   createImage,
 *   MemoryStorage,
 *   openImage,
 *   readImage,
 *   runSync,
 *   writeImage,
 *   writeZeroes,
 * } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 40 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(writeImage(image, 0, new Uint8Array([1, 2, 3])), files);
 * runSync(writeZeroes(image, 1, 2 ** 40 - 1), files);
 * const into = new Uint8Array(3);
 * runSync(readImage(image, 0, into), files);
 * assertEquals(into, new Uint8Array([1, 0, 0]));
 * ```
 */
export function writeZeroes(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
): Operation<void> {
  return changeRange(image, offset, lengthBytes, {
    clusters: (firstCluster, endCluster) => zeroClusters(image, firstCluster, endCluster),
    part: (part) => zeroPart(image, part),
  });
}

/** Zero whole clusters, one table at a time; ranges without tables are skipped at once. */
function* zeroClusters(
  image: QedImage,
  firstCluster: number,
  endCluster: number,
): Operation<void> {
  const { tableEntries, clusterBytes } = image.geometry;
  const visibleEnd = endOfBacking(image);
  for (let at = firstCluster; at < endCluster;) {
    const { l1 } = tableIndexes(image, at);
    if (image.l1.entry(l1) === UNALLOCATED && at >= visibleEnd) {
      at = image.l1.nextUsed(l1) * tableEntries;
      continue;
    }
    const end = Math.min(endCluster, (l1 + 1) * tableEntries);
    if (emptyEntry(image) === undefined) {
      const part = { clusterIndex: at, startBytes: 0, endBytes: (end - at) * clusterBytes };
      yield* writeLiterally(image, part);
    } else yield* image.withAllocationLock(zeroInTable(image, { at, end, visibleEnd }));
    at = end;
  }
}

/** Zero clusters of one L2 table; from `visibleEnd` on unallocated clusters read as zeroes. */
function* zeroInTable(
  image: QedImage,
  range: { readonly at: number; readonly end: number; readonly visibleEnd: number },
): Operation<void> {
  image.assertWritable();
  const data = emptyEntry(image) ?? UNALLOCATED;
  const { at, end } = range;
  const index = tableIndexes(image, at);
  const hiddenCount = Math.max(0, Math.min(end, range.visibleEnd) - at);
  const table = yield* loadL2Table(image, index.l1);
  if (table) {
    const from = index.l2;
    const middle = from + hiddenCount;
    const to = from + end - at;
    const common = { l1Index: index.l1, data };
    yield* unmapClusters(image, table, { ...common, from, to: middle, unallocated: data });
    yield* unmapClusters(image, table, { ...common, from: middle, to, unallocated: UNALLOCATED });
  } else if (!(yield* isKnownZero(image, at, hiddenCount))) {
    yield* prepareAllocation(image);
    const change = { index: index.l2, count: hiddenCount, first: ZERO_CLUSTER, stepBytes: 0 };
    yield* linkNewL2Table(image, index.l1, (table) => setEntries(table, change));
  }
}

function isKnownZero(
  image: QedImage,
  firstCluster: number,
  clusterCount: number,
): Operation<boolean> {
  const clusterBytes = BigInt(image.geometry.clusterBytes);
  const start = BigInt(firstCluster) * clusterBytes;
  return backingIsKnownZero(image, start, BigInt(clusterCount) * clusterBytes);
}

/** Zero a part of one cluster, or the whole cluster if the rest of it is zero as well. */
function* zeroPart(image: QedImage, part: ClusterPart): Operation<void> {
  const { clusterIndex } = part;
  const { state } = yield* lookup(image, clusterIndex, 1);
  if (state === "zero") return;
  if (state !== "data" && (yield* isKnownZero(image, clusterIndex, 1))) return;
  if (emptyEntry(image) !== undefined && (yield* restIsZero(image, part))) {
    yield* zeroClusters(image, clusterIndex, clusterIndex + 1);
  } else {
    yield* writeLiterally(image, part);
  }
}

/** Write zeroes as data, except for unallocated clusters that read as zeroes. */
function* writeLiterally(image: QedImage, part: ClusterPart): Operation<void> {
  const clusterBytes = BigInt(image.geometry.clusterBytes);
  const base = BigInt(part.clusterIndex) * clusterBytes;
  const partEnd = base + BigInt(part.endBytes);
  const end = partEnd < image.imageBytes ? partEnd : image.imageBytes;
  const visibleEnd = endOfBacking(image);
  const start = base + BigInt(part.startBytes);
  const zeroes = image.buffers.take(Math.min(PIECE_BYTES, Number(end - start + 3n & ~3n))).bytes;
  for (let at = start; at < end;) {
    const { clusterIndex, byteInCluster } = image.locate(at, 0);
    const max = Number((end - at + BigInt(byteInCluster) + clusterBytes - 1n) / clusterBytes);
    const { state, clusters } = yield* lookup(
      image,
      clusterIndex,
      clusterIndex < visibleEnd ? Math.min(max, visibleEnd - clusterIndex) : max,
    );
    const covered = BigInt(clusters) * clusterBytes - BigInt(byteInCluster);
    const isLeft = state !== "data" &&
      (state === "zero" || (yield* isKnownZero(image, clusterIndex, clusters)));
    if (!isLeft) {
      const lengthBytes = covered < end - at ? covered : end - at;
      const length = Math.min(Number(lengthBytes), zeroes.length);
      yield* writePieces(image, at, zeroes.subarray(0, length));
      at += BigInt(length);
    } else at += covered;
  }
}
