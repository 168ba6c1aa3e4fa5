import type { Operation } from "../../storage/request.ts";
import type { ClusterRange } from "../image/cluster_ranges.ts";
import { type ClusterExtent, loadL2Table, lookup, tableIndexes } from "../io/lookup.ts";
import { ImageError } from "../format/format_error.ts";
import { clustersFor } from "../format/geometry.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED } from "../format/layout.ts";
import type { Table } from "../format/table.ts";
import { noteSector, writeSectors } from "../image/table_sectors.ts";

/** The size of one read, in bytes. */
const LOOK_BYTES = 2 ** 20;

/** Shrink the image; the new size is valid, and the caller has both locks. See `resizeImage`. */
export function* shrinkImage(image: QedImage, newBytes: bigint): Operation<void> {
  const endCluster = clustersFor(image.geometry, image.imageBytes);
  yield* refuseLoss(image, newBytes, endCluster);
  yield* image.updateHeader({ imageBytes: newBytes });
  yield* image.flush("new size before entries behind it are cleared");
  const firstCluster = clustersFor(image.geometry, newBytes);
  try {
    yield* clearEntries(image, firstCluster, endCluster);
  } catch (error) {
    // Tables in memory may have changes that are not on disk.
    image.failure ??= error as Error;
    throw error;
  }
  yield* image.flush("entries behind the end cleared");
}

/** Throw for the first byte past the new end that is in a cluster of the image and is not zero. */
function* refuseLoss(image: QedImage, newBytes: bigint, endCluster: number): Operation<void> {
  const { tableEntries } = image.geometry;
  let clusterIndex = image.locate(newBytes, 0).clusterIndex;
  while (clusterIndex < endCluster) {
    const extent = yield* lookup(image, clusterIndex, endCluster - clusterIndex);
    if (extent.state === "no-table") {
      const l1Index = tableIndexes(image, clusterIndex).l1;
      clusterIndex = image.l1.nextUsed(l1Index) * tableEntries;
      continue;
    }
    if (extent.state === "data") yield* refuseData(image, { extent, clusterIndex, newBytes });
    clusterIndex += extent.clusters;
  }
}

function* refuseData(
  image: QedImage,
  { extent, clusterIndex, newBytes }: {
    extent: ClusterExtent;
    clusterIndex: number;
    newBytes: bigint;
  },
): Operation<void> {
  const { clusterBytes } = image.geometry;
  const start = BigInt(clusterIndex) * BigInt(clusterBytes);
  const lengthBytes = Math.min(extent.clusters * clusterBytes, Number(image.imageBytes - start));
  const buffer = image.buffers.take(LOOK_BYTES).bytes;
  let at = newBytes > start ? Number(newBytes - start) : 0;
  while (at < lengthBytes) {
    const into = buffer.subarray(0, Math.min(LOOK_BYTES, lengthBytes - at));
    const offsetBytes = extent.hostBytes + at;
    const moved = yield { kind: "read", file: image.file, offsetBytes, into, label: "data" };
    const found = into.subarray(0, moved).findIndex((byte) => byte !== 0);
    if (found >= 0) {
      throw new ImageError(
        `cannot shrink the image to ${newBytes} bytes: data at offset ` +
          `${start + BigInt(at + found)} would be lost`,
      );
    }
    at += into.length;
  }
}

/** Clear the entries from `firstCluster` on: whole L2 tables, and the rest of the first one. */
function* clearEntries(
  image: QedImage,
  firstCluster: number,
  endCluster: number,
): Operation<void> {
  const { l1, geometry } = image;
  const { tableEntries } = geometry;
  const first = tableIndexes(image, firstCluster);
  const l1Sectors: number[] = [];
  const freed: ClusterRange[] = [];
  for (
    let index = l1.nextUsed(first.l1);
    index * tableEntries < endCluster;
    index = l1.nextUsed(index + 1)
  ) {
    const table = yield* loadL2Table(image, index);
    if (!table) continue;
    if (index === first.l1 && first.l2 > 0) {
      yield* writeSectors(image, table, clearTable(image, table, { from: first.l2, freed }));
      image.l2Cache.put(table);
      continue;
    }
    // The table on disk does not change; no entry leads to it any more.
    clearTable(image, table, { from: 0, freed });
    const firstCluster = table.offsetBytes / geometry.clusterBytes;
    freed.push({ firstCluster, clusterCount: geometry.tableClusters });
    image.l2Cache.forget(table.offsetBytes);
    l1.setEntry(index, UNALLOCATED);
    noteSector(l1Sectors, index);
  }
  yield* writeSectors(image, l1, l1Sectors);
  image.tableChanges++;
  for (const range of freed) image.free.add(range);
}

/**
 * Clear the entries from `from` on, in memory, and add their clusters to `freed`. Returns the
 * sectors.
 */
function clearTable(
  image: QedImage,
  table: Table,
  { from, freed }: { readonly from: number; readonly freed: ClusterRange[] },
): number[] {
  const { tableEntries, clusterBytes } = image.geometry;
  const sectors: number[] = [];
  for (let i = table.nextUsed(from); i < tableEntries; i = table.nextUsed(i + 1)) {
    const offsetBytes = table.entry(i);
    if (image.isValidOffset(offsetBytes, 1)) {
      freed.push({ firstCluster: offsetBytes / clusterBytes, clusterCount: 1 });
    }
    table.setEntry(i, UNALLOCATED);
    noteSector(sectors, i);
  }
  return sectors;
}
