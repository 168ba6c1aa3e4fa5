import type { Operation } from "../../storage/request.ts";
import { changeRange } from "./change_range.ts";
import type { ClusterPart } from "./cluster_span.ts";
import { loadL2Table, lookup, tableIndexes } from "./lookup.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED } from "../format/layout.ts";
import { emptyEntry, restIsZero, unmapClusters } from "./unmap.ts";

/**
 * Free the clusters of `lengthBytes` bytes from `offset` on, which the guest no longer needs
 * (TRIM). Whole clusters become unallocated or, with a backing file, zero clusters, so that the
 * data of the backing file stays hidden; their space in the file may be reused (see
 * free_clusters.ts). A cluster that is only partly in the range is freed if the rest of it reads as
 * zeroes (Kivity, 10 September 2010 11:43); otherwise it does not change. Discard never allocates:
 * unallocated clusters stay so. The rfc layout has no zero clusters, so with a backing file nothing
 * changes.
 *
 * Crash promise under `strict`: until a later flush has completed, each sector of the range holds
 * its old contents or zeroes. After that flush it holds its contents as of the return of this call:
 * zeroes if its cluster was freed, otherwise the old contents. No other sector changes, even if the
 * freed clusters are reused; the image opens.
 *
 * Locks the clusters of the range. Throws {@linkcode ImageError} for a range outside the image or
 * an image that takes no writes, {@linkcode FormatError} for an invalid table entry, and the
 * storage's error for a failed request; earlier tables have changed then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   closeImage,
 *   createImage,
 *   discardImage,
 *   MemoryStorage,
 *   openImage,
 *   runSync,
 *   writeImage,
 * } from "@powercut/powercut/lib";
 *
 * const file = new MemoryStorage();
 * runSync(createImage({ imageBytes: 2 ** 30 }), [file]);
 * const image = runSync(openImage({ writable: true }), [file]);
 * runSync(writeImage(image, 2 ** 20, new Uint8Array(2 ** 20).fill(1)), [file]);
 * const before = file.sizeBytes;
 * runSync(discardImage(image, 0, 2 ** 30), [file]);
 * runSync(closeImage(image), [file]);
 * assertEquals(before - file.sizeBytes < 2 ** 20, true, "an L2 table follows the clusters");
 * ```
 */
export function discardImage(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
): Operation<void> {
  return changeRange(image, offset, lengthBytes, {
    clusters: (firstCluster, endCluster) => discardClusters(image, firstCluster, endCluster),
    part: (part) => discardPart(image, part),
  });
}

/** Free whole clusters, one table at a time. */
function* discardClusters(
  image: QedImage,
  firstCluster: number,
  endCluster: number,
): Operation<void> {
  const { tableEntries } = image.geometry;
  const entry = emptyEntry(image);
  if (entry === undefined) return;
  for (let at = firstCluster; at < endCluster;) {
    const { l1, l2 } = tableIndexes(image, at);
    if (image.l1.entry(l1) === UNALLOCATED) {
      at = image.l1.nextUsed(l1) * tableEntries;
      continue;
    }
    const to = Math.min(endCluster - l1 * tableEntries, tableEntries);
    yield* image.withAllocationLock(discardInTable(image, { l1Index: l1, from: l2, to, entry }));
    at = l1 * tableEntries + to;
  }
}

function* discardInTable(
  image: QedImage,
  range: {
    readonly l1Index: number;
    readonly from: number;
    readonly to: number;
    readonly entry: number;
  },
): Operation<void> {
  image.assertWritable();
  const { entry, ...rest } = range;
  const table = yield* loadL2Table(image, range.l1Index);
  if (!table) return;
  yield* unmapClusters(image, table, { ...rest, data: entry, unallocated: UNALLOCATED });
}

/** Free a cluster of which only a part is discarded, if the rest of it is zero. */
function* discardPart(image: QedImage, part: ClusterPart): Operation<void> {
  if (emptyEntry(image) === undefined) return;
  const { clusterIndex } = part;
  const { state } = yield* lookup(image, clusterIndex, 1);
  if (state !== "data" || !(yield* restIsZero(image, part))) return;
  yield* discardClusters(image, clusterIndex, clusterIndex + 1);
}
