import { type AccessRange, accessRange } from "../../storage/range_lock.ts";
import { clustersFor } from "../format/geometry.ts";
import { assertInside } from "../format/guest_range.ts";
import type { QedImage } from "../image/image.ts";

/** A part of one cluster of the guest's disk. */
export interface ClusterPart {
  /** The index of the cluster. */
  readonly clusterIndex: number;
  /** The start of the part in the cluster, in bytes. */
  readonly startBytes: number;
  /** The end of the part in the cluster, in bytes. */
  readonly endBytes: number;
}

/** A range of the guest's disk as whole clusters, and a part of a cluster at either end. */
export interface ClusterSpan {
  /** The part before the whole clusters, or the whole range if it is inside one cluster. */
  readonly head?: ClusterPart;
  /** The index of the first whole cluster. */
  readonly firstCluster: number;
  /** The index after the last whole cluster. */
  readonly endCluster: number;
  /** The part after the whole clusters. */
  readonly tail?: ClusterPart;
}

/**
 * Split a range into whole clusters and parts. The last cluster of the disk counts as whole if the
 * range reaches the end of the disk. Throws {@linkcode ImageError} for a range outside the image.
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

/**
 * A range extended to whole clusters, which an operation that maps or unmaps clusters must lock.
 */
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
