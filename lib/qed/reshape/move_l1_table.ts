import type { Operation } from "../../storage/request.ts";
import type { QedImage } from "../image/image.ts";
import { moveL1Table } from "../io/relocate.ts";
import { findReachability, type Reachability } from "../check/reachability.ts";
import type { ClusterMover } from "./cluster_mover.ts";
import { mappedRanges } from "./move_plan.ts";

/**
 * Move the L1 table to its place after the header, where nearly every image has it. Clusters that
 * occupy the place move away first.
 */
export function* bringL1TableForward(image: QedImage, mover: ClusterMover): Operation<void> {
  const { headerClusters } = image.header;
  const { tableClusters, tableBytes } = image.geometry;
  if (image.l1.offsetBytes < image.headerBytes + tableBytes) {
    // The old place and the new one overlap.
    yield* image.withAllocationLock(moveAside(image));
  }
  const reachability = yield* image.withAllocationLock(
    findReachability(image, headerClusters, tableClusters),
  );
  const place = { firstCluster: headerClusters, clusterCount: tableClusters };
  const ranges = mappedRanges(image, reachability.ownersOf([place]));
  yield* image.withRangeLocks(
    ranges,
    "change",
    image.withAllocationLock(moveForward(image, mover, reachability)),
  );
}

function* moveAside(image: QedImage): Operation<void> {
  yield* moveL1Table(image, image.allocateClusters(image.geometry.tableClusters));
}

function* moveForward(
  image: QedImage,
  mover: ClusterMover,
  reachability: Reachability,
): Operation<void> {
  const { headerClusters } = image.header;
  const { tableClusters } = image.geometry;
  const place = { firstCluster: headerClusters, clusterCount: tableClusters };
  if (reachability.isStale(image)) return;
  yield* mover.clear(reachability.ownersOf([place]), headerClusters + tableClusters, reachability);
  if (!reachability.areFree(headerClusters, tableClusters)) return;
  yield* image.flush("entries before free clusters are used");
  yield* moveL1Table(image, image.headerBytes);
}
