/** Unmapping clusters, for write zeroes and discard. */
import type { Operation } from "../../storage/request.ts";
import { changeEntries, type EntryRange } from "../image/change_entries.ts";
import type { ClusterPart } from "./cluster_span.ts";
import { invalidEntry } from "./lookup.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED, ZERO_CLUSTER } from "../format/layout.ts";
import { readPieces } from "./read.ts";
import type { Table } from "../format/table.ts";
import { isZero } from "../../storage/zeroes.ts";

/** The size of one read, in bytes. */
const LOOK_BYTES = 2 ** 16;

/**
 * The L2 entry for a cluster without data that reads as zeroes: unallocated or, if there is a
 * backing file to hide, a zero cluster. Undefined in the rfc layout, which has no zero clusters.
 */
export function emptyEntry(image: QedImage): number | undefined {
  if (image.backingName === undefined) return UNALLOCATED;
  return image.header.layout === "final" ? ZERO_CLUSTER : undefined;
}

/** New values for a range of entries of one L2 table. */
export interface Unmapping extends EntryRange {
  /** The index of the table. */
  readonly l1Index: number;
  /** The new value of entries of data clusters. */
  readonly data: number;
  /** The new value of entries of unallocated clusters. */
  readonly unallocated: number;
}

/**
 * Unmap the clusters of a range of one L2 table, and add them to {@linkcode QedImage.free}. Zero
 * clusters stay. Throws `FormatError` for the first invalid entry, which may point at another
 * address's cluster. Needs the allocation lock and the range lock.
 */
export function* unmapClusters(
  image: QedImage,
  table: Table,
  unmapping: Unmapping,
): Operation<void> {
  const { clusterBytes } = image.geometry;
  const { l1Index, data, unallocated } = unmapping;
  const zeroCluster = image.header.layout === "final" ? ZERO_CLUSTER : UNALLOCATED;
  const freed: { firstCluster: number; clusterCount: number }[] = [];
  const noteFreed = (firstCluster: number) => {
    const last = freed[freed.length - 1];
    if (last && last.firstCluster + last.clusterCount === firstCluster) last.clusterCount++;
    else freed.push({ firstCluster, clusterCount: 1 });
  };
  const changing = changeEntries(image, table, unmapping, {
    decide(l2Index, entry) {
      if (entry === UNALLOCATED) return unallocated;
      if (entry === zeroCluster) return entry;
      if (image.isValidOffset(entry, 1)) noteFreed(entry / clusterBytes);
      else if (image.profile.verifiesOffsets) {
        throw invalidEntry(image, table, { l1: l1Index, l2: l2Index });
      }
      return data;
    },
    done() {
      if (image.profile.reuseBatchClusters > 0) {
        for (const range of freed) image.free.add(range);
      }
      freed.length = 0;
    },
  });
  try {
    yield* changing;
  } finally {
    // Also after a failure at a later slice: the cached table may have been read before an earlier
    // one.
    image.l2Cache.put(table);
  }
}

/** Whether the rest of a cluster outside of `part`, up to the end of the disk, reads as zeroes. */
export function* restIsZero(image: QedImage, part: ClusterPart): Operation<boolean> {
  const { clusterBytes } = image.geometry;
  const start = BigInt(part.clusterIndex) * BigInt(clusterBytes);
  const there = image.imageBytes - start;
  const end = there < BigInt(clusterBytes) ? Number(there) : clusterBytes;
  const look = image.buffers.take(Math.min(LOOK_BYTES, clusterBytes)).bytes;
  for (const [from, to] of [[0, part.startBytes], [part.endBytes, end]]) {
    for (let at = from; at < to; at += look.length) {
      const into = look.subarray(0, Math.min(look.length, to - at));
      yield* readPieces(image, start + BigInt(at), into);
      if (!isZero(into)) return false;
    }
  }
  return true;
}
