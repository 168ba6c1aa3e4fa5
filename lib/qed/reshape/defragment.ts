import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { type ProgressListener, scanTables } from "../check/check.ts";
import type { QedImage } from "../image/image.ts";
import { bringL1TableForward } from "./move_l1_table.ts";
import { cutFile, reclaimLeaks } from "../check/reclaim.ts";
import { assertSound, findReachability, type Reachability } from "../check/reachability.ts";
import { TableWalk } from "../check/table_walk.ts";
import { type Cursor, mappedRanges, type MovePlan, planMoves } from "./move_plan.ts";
import { ClusterMover } from "./cluster_mover.ts";

/** Options of a defragmentation. */
export interface DefragmentOptions {
  /**
   * The number of clusters moved at a time: guest requests to them wait, the file grows by as many
   * meanwhile, and a crash leaks as many. By default as many as make 16 MiB, at least 1 and at most
   * 1024.
   */
  readonly windowClusters?: number;
  /**
   * The number of clusters of the file whose owners are tracked at a time, with 8 bytes of memory
   * each; 2^20 by default.
   */
  readonly trackedClusters?: number;
  /** Called with the number of clusters of the file that are in place. */
  readonly progress?: ProgressListener;
}

/** The result of a defragmentation. */
export interface DefragmentResult {
  /** The number of clusters copied, some of them twice. */
  readonly movedClusters: number;
  /** The number of fragmented clusters before, as a check counts them. */
  readonly fragmentedBefore: number;
  /** The number of fragmented clusters after. */
  readonly fragmentedAfter: number;
  /** The size of the file before, in bytes. */
  readonly fileBytesBefore: number;
  /** The size of the file after, in bytes. */
  readonly fileBytesAfter: number;
}

const DEFAULT_WINDOW_BYTES = 16 * 2 ** 20;
const MAX_WINDOW_CLUSTERS = 1024;

/**
 * Order the clusters of the file as a guest reads them: the header, the L1 table, then each L2
 * table followed by its clusters, all in the order of the guest's disk and without gaps; then cut
 * the file. Afterwards no cluster is fragmented or leaked.
 *
 * Guest requests run meanwhile (Liguori, 8 September 2010 16:30: freezing and swapping clusters):
 * clusters are moved in windows, and only the ranges that a window moves are locked. Clusters that
 * occupy the place of a window move to free clusters, the last ones of the file or new ones at its
 * end; then the clusters that belong there are copied in. Clusters that the guest allocates
 * meanwhile are put in order if their place is still ahead, and otherwise moved up at the end of
 * the file. Memory: a bit for each cluster, a table, the window, and 8 MiB.
 *
 * Each batch is: copies, flush, entries, flush (see relocate.ts). Crash promise: at any point the
 * guest's disk is unchanged, the image opens without a check, and at most the clusters by which the
 * file has grown (a window and the L2 tables that moved) are leaked, in addition to earlier leaks.
 *
 * Throws, before anything is moved, {@linkcode FormatError} for a bad table entry and the storage's
 * error for an unreadable table; and the storage's error for a failed request.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, defragmentImage, MemoryStorage, openImage, runSync, writeImage } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * for (const cluster of [2, 1, 0]) {
 *   runSync(writeImage(image, cluster * 65536, new Uint8Array(65536)), files);
 * }
 * const { fragmentedBefore, fragmentedAfter } = runSync(defragmentImage(image), files);
 * assertEquals([fragmentedBefore, fragmentedAfter], [2, 0]);
 * ```
 */
export function* defragmentImage(
  image: QedImage,
  options: DefragmentOptions = {},
): Operation<DefragmentResult> {
  image.assertWritable();
  const { clusterBytes, tableClusters } = image.geometry;
  const { headerClusters } = image.header;
  const windowClusters = options.windowClusters ??
    Math.max(1, Math.min(MAX_WINDOW_CLUSTERS, Math.floor(DEFAULT_WINDOW_BYTES / clusterBytes)));
  const fileBytesBefore = image.endBytes;
  let reachability = yield* image.withAllocationLock(
    findReachability(image, headerClusters, options.trackedClusters),
  );
  const { fragmentedClusters: fragmentedBefore } = reachability.result;
  const total = image.endBytes / clusterBytes - reachability.result.leaks;

  const mover = new ClusterMover(image);
  if (image.l1.offsetBytes !== image.headerBytes) {
    yield* bringL1TableForward(image, mover);
    reachability = yield* image.withAllocationLock(
      findReachability(image, headerClusters, options.trackedClusters),
    );
  }
  const toCluster = headerClusters + tableClusters;
  let cursor: Cursor = { toCluster, l1Index: 0, l2Index: undefined };
  while (true) {
    const window = yield* planMoves(image, cursor, { reachability, windowClusters });
    yield* runPlan(image, window, { reachability, mover });
    cursor = window.next;
    if (window.isLast) break;
    options.progress?.(Math.min(cursor.toCluster, total), total);
    const isPast = cursor.toCluster + tableClusters > reachability.endCluster;
    if (isPast || reachability.isStale(image)) {
      reachability = yield* image.withAllocationLock(
        findReachability(image, cursor.toCluster, options.trackedClusters),
      );
    }
  }
  const fragmentedAfter = yield* closeUp(image);
  options.progress?.(total, total);
  return {
    movedClusters: mover.movedClusters,
    fragmentedBefore,
    fragmentedAfter,
    fileBytesBefore,
    fileBytesAfter: image.endBytes,
  };
}

/** Carry out a plan with its ranges locked. */
function* runPlan(
  image: QedImage,
  window: MovePlan,
  { reachability, mover }: { readonly reachability: Reachability; readonly mover: ClusterMover },
): Operation<void> {
  if (window.moves.length === 0) return;
  const ranges = mappedRanges(image, [...window.moves, ...window.occupants]);
  yield* image.withRangeLocks(
    ranges,
    "change",
    image.withAllocationLock(mover.move(window, reachability)),
  );
}

/**
 * Cut off free clusters at the end of the file. If the guest has allocated or freed clusters
 * meanwhile, there may be other holes: fill them from the end, with the whole disk locked.
 */
function* closeUp(image: QedImage): Operation<number> {
  const fragmented = yield* image.withAllocationLock(cutEnd(image));
  if (fragmented !== undefined) return fragmented;
  return yield* image.withRangeLock(
    WHOLE_DISK,
    "change",
    image.withAllocationLock(fillHoles(image)),
  );
}

/**
 * Cut the file. Returns the number of fragmented clusters; undefined, and no cut, if there are
 * holes.
 */
function* cutEnd(image: QedImage): Operation<number | undefined> {
  const { result } = yield* scanSound(image);
  const { leaks, imageEndBytes, fragmentedClusters } = result;
  if (image.endBytes - leaks * image.geometry.clusterBytes !== imageEndBytes) return undefined;
  if (leaks > 0 || image.hasTornTail) {
    yield* image.flush("entries before the file is cut");
    yield* cutFile(image, imageEndBytes);
  }
  return fragmentedClusters;
}

function* fillHoles(image: QedImage): Operation<number> {
  const walk = yield* scanSound(image);
  if (walk.result.leaks > 0) yield* reclaimLeaks(walk);
  return (yield* scanSound(image)).result.fragmentedClusters;
}

function* scanSound(image: QedImage): Operation<TableWalk> {
  const walk = new TableWalk(image, { clears: false });
  yield* scanTables(walk);
  walk.finish();
  assertSound(walk);
  return walk;
}
