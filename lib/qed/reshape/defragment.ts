import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { type ProgressListener, scanTables } from "../check/check.ts";
import type { QedImage } from "../image/image.ts";
import { bringL1TableForward } from "./move_l1_table.ts";
import { cutFile, reclaimLeaks } from "../check/reclaim.ts";
import { assertSound, findReachability, type Reachability } from "../check/reachability.ts";
import { TableWalk } from "../check/table_walk.ts";
import { type Cursor, type MovePlan, planMoves, rangesOf } from "./move_plan.ts";
import { ClusterMover } from "./cluster_mover.ts";

/** How to defragment. */
export interface DefragmentOptions {
  /**
   * How many clusters are moved at a time: the guest's access to these is halted for so long, the
   * file grows by so many meanwhile, and so many are leaked by a crash. As many as make 16 MiB, at
   * least 1 and at most 1024, if not given.
   */
  readonly windowClusters?: number;
  /** How many clusters of the file are looked up at a time: 8 bytes of memory each; 2^20. */
  readonly trackedClusters?: number;
  /** Told how many clusters of the file are in their place. */
  readonly progress?: ProgressListener;
}

/** What a defragmentation did. */
export interface DefragmentResult {
  /** Clusters copied, some of them twice. */
  readonly movedClusters: number;
  /** Entries that did not follow the one before them, as a check counts them, before. */
  readonly fragmentedBefore: number;
  /** The same, after. */
  readonly fragmentedAfter: number;
  /** The size of the file before, in bytes. */
  readonly fileBytesBefore: number;
  /** The size of the file after, in bytes. */
  readonly fileBytesAfter: number;
}

const DEFAULT_WINDOW_BYTES = 16 * 2 ** 20;
const MAX_WINDOW_CLUSTERS = 1024;

/**
 * Bring the file into the order in which a guest reads: the header, the L1 table, then each L2
 * table with its clusters behind it, all in the order of the guest's disk and without gaps; then
 * cut the file. No entry of an L2 table then fails to follow the one before it, and leaked clusters
 * are gone.
 *
 * The guest goes on meanwhile (Liguori, 8 September 2010 16:30: freezing and swapping clusters):
 * clusters are moved a window at a time, and only what a window moves is held. Whatever is in the
 * window's place and does not belong there goes to free clusters, the last ones of the file or new
 * ones behind its end; then what belongs there is copied in. Clusters that the guest allocates
 * meanwhile are put in order as far as their place was not passed yet, and close up at the end of
 * the file otherwise. Memory: a bit for each cluster, a table, the window, and 8 MiB.
 *
 * Each batch is: copies, flush, entries, flush (see relocate.ts). Crash promise: at any point the
 * guest's disk is as if nothing had been moved, the image opens without a check, and at most the
 * clusters by which the file has grown (a window and the L2 tables that moved) are leaked, beside
 * those that were before.
 *
 * Throws {@linkcode FormatError} for a bad table entry and the storage's error for a table that
 * can't be read, before anything is moved, and the storage's error where a request fails.
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

/** Move what was planned; meanwhile nobody else has access to what moves. */
function* runPlan(
  image: QedImage,
  window: MovePlan,
  { reachability, mover }: { readonly reachability: Reachability; readonly mover: ClusterMover },
): Operation<void> {
  if (window.moves.length === 0) return;
  const ranges = rangesOf(image, [...window.moves, ...window.occupants]);
  yield* image.withRangeLocks(
    ranges,
    "change",
    image.withAllocationLock(mover.move(window, reachability)),
  );
}

/**
 * Cut off what is free at the end. Where the guest has allocated or freed clusters meanwhile there
 * may be holes before that: these are filled from the end, with the guest halted.
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

/** Answers how fragmented the file is; undefined if there are holes, and nothing was done. */
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
