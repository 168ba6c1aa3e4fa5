import type { Operation } from "../../storage/request.ts";
import type { QedImage } from "../image/image.ts";
import { clusterAccess, type ClusterPart, clusterSpan } from "./cluster_span.ts";

/** How a range of the guest's disk is changed. */
export interface RangeChange {
  /** Change whole clusters, from `firstCluster` up to but not including `endCluster`. */
  readonly clusters: (firstCluster: number, endCluster: number) => Operation<void>;
  /** Change a part of one cluster. */
  readonly part: (part: ClusterPart) => Operation<void>;
}

/**
 * Lock the clusters of a range, take the range apart and change it from its start to its end.
 * Throws {@linkcode ImageError} for a range outside the image or an image that takes no writes.
 */
export function* changeRange(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
  change: RangeChange,
): Operation<void> {
  image.assertWritable();
  const access = clusterAccess(image, offset, lengthBytes);
  yield* image.withRangeLock(access, "change", changeLocked(image, offset, lengthBytes, change));
}

function* changeLocked(
  image: QedImage,
  offset: number | bigint,
  lengthBytes: number | bigint,
  change: RangeChange,
): Operation<void> {
  image.assertWritable();
  // The range is checked under the lock: the disk may have shrunk while this waited for it.
  const { head, firstCluster, endCluster, tail } = clusterSpan(image, offset, lengthBytes);
  if (head) yield* change.part(head);
  yield* change.clusters(firstCluster, endCluster);
  if (tail) yield* change.part(tail);
}
