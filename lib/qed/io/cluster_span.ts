import { type AccessRange, accessRange } from "../../storage/range_lock.ts";
import { clustersFor } from "../format/geometry.ts";
import { assertInside } from "../format/guest_range.ts";
import type { QedImage } from "../image/image.ts";

/** Bytes of one cluster of the guest's disk. */
export interface ClusterPart {
  /** Which cluster. */
  readonly clusterIndex: number;
  /** Where the bytes start in it. */
  readonly startBytes: number;
  /** Where they end in it. */
  readonly endBytes: number;
}

/** A range of the guest's disk as clusters that are in it whole, and what is left at its ends. */
export interface ClusterSpan {
  /** What precedes the whole clusters, or all of a range inside one cluster. */
  readonly head?: ClusterPart;
  /** The first cluster that is in the range whole. */
  readonly firstCluster: number;
  /** The cluster behind the last one that is. */
  readonly endCluster: number;
  /** What follows the whole clusters. */
  readonly tail?: ClusterPart;
}

/**
 * Take a range apart. The last cluster of the disk is whole when everything in it up to the disk's
 * end is. Throws {@linkcode ImageError} for a range outside the image.
 */
export function clusterSpan(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
): ClusterSpan {
  const clusterBytes = BigInt(image.geometry.clusterBytes);
  const start = BigInt(offset);
  const end = start + BigInt(lengthBytes);
  assertInside(offset, lengthBytes, image.imageBytes);
  const roundUp = (bytes: bigint) => clustersFor(image.geometry, bytes);
  const firstCluster = roundUp(start);
  const endCluster = end === image.imageBytes ? roundUp(end) : Number(end / clusterBytes);
  if (start === end) return { firstCluster, endCluster: firstCluster };

  const startBytes = Number(start % clusterBytes);
  const endBytes = endCluster >= roundUp(end) ? 0 : Number(end % clusterBytes);
  const head = firstCluster - 1;
  if (startBytes > 0 && endCluster <= head) {
    return {
      head: { clusterIndex: head, startBytes, endBytes },
      firstCluster,
      endCluster: firstCluster,
    };
  }
  return {
    ...(startBytes > 0 && {
      head: { clusterIndex: head, startBytes, endBytes: Number(clusterBytes) },
    }),
    firstCluster,
    endCluster,
    ...(endBytes > 0 && { tail: { clusterIndex: endCluster, startBytes: 0, endBytes } }),
  };
}

/** A range widened to whole clusters: what an operation that maps or unmaps them has to hold. */
export function clusterAccess(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
): AccessRange {
  const clusterBytes = BigInt(image.geometry.clusterBytes);
  const start = BigInt(offset) / clusterBytes * clusterBytes;
  const end = BigInt(offset) + BigInt(lengthBytes) + clusterBytes - 1n;
  return accessRange(start, end / clusterBytes * clusterBytes - start);
}
