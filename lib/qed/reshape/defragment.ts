import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { type ProgressListener, walkTables } from "../check/check.ts";
import type { QedImage } from "../image/image.ts";
import { bringL1TableForward } from "./move_l1_table.ts";
import { cutFile, reclaimLeaks } from "../check/reclaim.ts";
import { assertSound, type Survey, surveyFile } from "../check/reachability.ts";
import { Walk } from "../check/table_walk.ts";
import { type Cursor, planWindow, rangesOf, type Window } from "./move_plan.ts";
import { WindowMover } from "./cluster_mover.ts";

/** How to defragment. */
export interface DefragmentOptions {
  /**
   * How many clusters are moved at a time: the guest's access to these is halted for so long, the
   * file grows by so many meanwhile, and so many are leaked by a crash. As many as make 16 MiB, at
   * least 1 and at most 1024, if not given.
   */
  readonly windowClusters?: number;
  /** How many clusters of the file are looked up at a time: 8 bytes of memory each; 2^20. */
  readonly surveyedClusters?: number;
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
const MOST_WINDOW_CLUSTERS = 1024;

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
    Math.max(1, Math.min(MOST_WINDOW_CLUSTERS, Math.floor(DEFAULT_WINDOW_BYTES / clusterBytes)));
  const fileBytesBefore = image.endBytes;
  let survey = yield* image.alone(
    surveyFile(image, headerClusters, options.surveyedClusters),
  );
  const { fragmentedClusters: fragmentedBefore } = survey.result;
  const total = image.endBytes / clusterBytes - survey.result.leaks;

  const mover = new WindowMover(image);
  if (image.l1.offsetBytes !== image.headerBytes) {
    yield* bringL1TableForward(image, mover);
    survey = yield* image.alone(surveyFile(image, headerClusters, options.surveyedClusters));
  }
  const toCluster = headerClusters + tableClusters;
  let cursor: Cursor = { toCluster, l1Index: 0, l2Index: undefined };
  while (true) {
    const window = yield* planWindow(image, cursor, { survey, windowClusters });
    yield* moveWindow(image, window, { survey, mover });
    cursor = window.next;
    if (window.isLast) break;
    options.progress?.(Math.min(cursor.toCluster, total), total);
    const isPast = cursor.toCluster + tableClusters > survey.endCluster;
    if (isPast || survey.isStale(image)) {
      survey = yield* image.alone(surveyFile(image, cursor.toCluster, options.surveyedClusters));
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
function* moveWindow(
  image: QedImage,
  window: Window,
  { survey, mover }: { readonly survey: Survey; readonly mover: WindowMover },
): Operation<void> {
  if (window.moves.length === 0) return;
  const ranges = rangesOf(image, [...window.moves, ...window.occupants]);
  yield* image.holdingAll(ranges, "change", image.alone(mover.move(window, survey)));
}

/**
 * Cut off what is free at the end. Where the guest has allocated or freed clusters meanwhile there
 * may be holes before that: these are filled from the end, with the guest halted.
 */
function* closeUp(image: QedImage): Operation<number> {
  const fragmented = yield* image.alone(cutEnd(image));
  if (fragmented !== undefined) return fragmented;
  return yield* image.holding(WHOLE_DISK, "change", image.alone(fillHoles(image)));
}

/** Answers how fragmented the file is; undefined if there are holes, and nothing was done. */
function* cutEnd(image: QedImage): Operation<number | undefined> {
  const { result } = yield* walkSound(image);
  const { leaks, imageEndBytes, fragmentedClusters } = result;
  if (image.endBytes - leaks * image.geometry.clusterBytes !== imageEndBytes) return undefined;
  if (leaks > 0 || image.hasTornTail) {
    yield* image.flush("entries before the file is cut");
    yield* cutFile(image, imageEndBytes);
  }
  return fragmentedClusters;
}

function* fillHoles(image: QedImage): Operation<number> {
  const walk = yield* walkSound(image);
  if (walk.result.leaks > 0) yield* reclaimLeaks(walk);
  return (yield* walkSound(image)).result.fragmentedClusters;
}

function* walkSound(image: QedImage): Operation<Walk> {
  const walk = new Walk(image, { clears: false });
  yield* walkTables(walk);
  walk.finish();
  assertSound(walk);
  return walk;
}
