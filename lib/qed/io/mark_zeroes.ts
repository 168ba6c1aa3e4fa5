import type { Operation } from "../../storage/request.ts";
import { linkNewL2Table, prepareAllocation } from "./allocate.ts";
import { changeEntries } from "../image/change_entries.ts";
import { clusterAccess, clusterSpan } from "./cluster_span.ts";
import { loadL2Table, tableIndexes } from "./lookup.ts";
import { ImageError } from "../format/format_error.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED, ZERO_CLUSTER } from "../format/layout.ts";

/**
 * Turn the unallocated clusters of a range into zero clusters, even if they read as zeroes already,
 * so that they hide the data of a backing file that the image will get. The range consists of whole
 * clusters, where the last one of the disk may be partial. Other clusters do not change.
 *
 * Order: a new L2 table is durable before its L1 entry. Crash promise under `strict`: each cluster
 * is unallocated or a zero cluster, nothing else changes, and the image opens.
 *
 * Throws {@linkcode ImageError} before any write for a range with a part of a cluster, an image in
 * the rfc layout, which has no zero clusters, or one that takes no writes; and the storage's error
 * for a failed request.
 */
export function* markZeroes(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
): Operation<void> {
  image.assertWritable();
  if (image.header.layout === "rfc") throw new ImageError("the rfc layout has no zero clusters");
  const access = clusterAccess(image, offset, lengthBytes);
  yield* image.withRangeLock(access, "change", markRange(image, offset, lengthBytes));
}

function* markRange(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
): Operation<void> {
  const { head, tail, firstCluster, endCluster } = clusterSpan(image, offset, lengthBytes);
  if (head || tail) {
    throw new ImageError(`${lengthBytes} bytes at ${offset} are not whole clusters`);
  }
  const { tableEntries } = image.geometry;
  for (let at = firstCluster; at < endCluster;) {
    const { l1, l2 } = tableIndexes(image, at);
    const end = Math.min(endCluster, (l1 + 1) * tableEntries);
    yield* image.withAllocationLock(markInTable(image, l1, { from: l2, to: l2 + end - at }));
    at = end;
  }
}

function* markInTable(
  image: QedImage,
  l1Index: number,
  range: { readonly from: number; readonly to: number },
): Operation<void> {
  image.assertWritable();
  const table = yield* loadL2Table(image, l1Index);
  if (table) {
    yield* changeEntries(image, table, range, {
      decide: (_index, entry) => entry === UNALLOCATED ? ZERO_CLUSTER : entry,
    });
    image.l2Cache.put(table);
    return;
  }
  yield* prepareAllocation(image);
  yield* linkNewL2Table(image, l1Index, (fresh) => {
    for (let i = range.from; i < range.to; i++) fresh.setEntry(i, ZERO_CLUSTER);
  });
}
