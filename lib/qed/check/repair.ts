import type { Operation } from "../../storage/request.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { type ProgressListener, scanTables } from "./check.ts";
import { type CheckResult, MAX_PROBLEMS } from "./check_result.ts";
import { clearNeedCheck } from "../image/close.ts";
import { loadL2Table } from "../io/lookup.ts";
import { ImageError } from "../format/format_error.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED } from "../format/layout.ts";
import { reclaimLeaks } from "./reclaim.ts";
import { RepairFront } from "../image/repair_front.ts";
import type { Table } from "../format/table.ts";
import { noteSector, writeSectors } from "../image/table_sectors.ts";
import { scanL2Table, TableWalk } from "./table_walk.ts";

/** Options of a repair. */
export interface RepairOptions {
  /** Remove invalid and shared references. */
  readonly corruptions: boolean;
  /**
   * Reclaim leaked clusters and a partial cluster at the end of the file, if no corruption and no
   * check error is left.
   */
  readonly leaks: boolean;
  /** Called with the progress of the walk through the tables. */
  readonly progress?: ProgressListener;
}

/**
 * Make the tables consistent again.
 *
 * An entry that points outside the clusters of the file is cleared: its data never became durable
 * (Hajnoczi, 8 September 2010 11:15, case 3). Where a cluster is referred to more than once, one
 * reference stays: the L1 table before L2 tables, L2 tables before data, and otherwise the lowest
 * index. The others are cleared, so that no cluster is seen at two addresses.
 *
 * Order: clear entries, flush, reclaim leaks (see {@linkcode reclaimLeaks}), clear NEED_CHECK,
 * flush. A crash at any point leaves an image that can be repaired again with the same result, and
 * no sector's contents appear at another guest address. If a corruption is left, or an L2 table
 * cannot be read, which is a check error, NEED_CHECK stays and the image takes no more writes.
 *
 * Other requests may run meanwhile if the repair runs in {@linkcode QedImage.withAllocationLock},
 * starts before them and reclaims no leaks: reads continue, in-place writes wait until the
 * {@linkcode RepairFront} has passed their table, allocations wait. Reclaiming leaks moves clusters
 * and needs the lock of the whole disk.
 *
 * Throws {@linkcode ImageError} for a read-only image, and the storage's error for a failed write.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, repairImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * files[0].perform({ kind: "resize", file: 0, sizeBytes: 2 ** 20, label: "leak" });
 * const image = runSync(openImage({ writable: true }), files);
 * const result = runSync(repairImage(image, { corruptions: true, leaks: true }), files);
 * assertEquals([result.leaksFixed, result.leaks], [11, 0]);
 * ```
 */
export function repairImage(image: QedImage, options: RepairOptions): Operation<CheckResult> {
  return repair(image, options, MAX_PROBLEMS);
}

/** The repair when a dirty image is opened: no problems are listed. */
export function repairOpened(image: QedImage): Operation<CheckResult> {
  return repair(image, { corruptions: true, leaks: false }, 0);
}

function* repair(
  image: QedImage,
  options: RepairOptions,
  maxProblems: number,
): Operation<CheckResult> {
  image.assertWritable();
  // In a damaged image another entry may refer to a freed cluster.
  image.free.clear();
  const walk = new TableWalk(image, { clears: options.corruptions, maxProblems });
  const { result } = walk;
  if (options.corruptions) yield* resolveCorruptions(walk, options.progress);
  else yield* scanTables(walk, options.progress);
  walk.finish();

  if (result.corruptions > 0 || result.checkErrors > 0) {
    image.failure ??= walk.readFailure ?? new ImageError("corruptions remain");
    return result;
  }
  // A partial cluster at the end is unused too, and QEMU may count it as a leak.
  if (options.leaks && (result.leaks > 0 || image.hasTornTail)) yield* reclaimLeaks(walk);
  if (image.needsCheck) {
    // The tables may not be durable yet: the program that wrote them may have been killed.
    yield* image.flush("before clearing NEED_CHECK");
    image.isUnchecked = false;
    yield* clearNeedCheck(image);
  }
  return result;
}

/**
 * Clear wrong entries, on disk too, so that the tables and the result have no corruptions. Other
 * requests wait for the progress of the repair.
 */
function* resolveCorruptions(walk: TableWalk, progress?: ProgressListener): Operation<void> {
  const { image, result } = walk;
  const front = new RepairFront(image, walk.used);
  image.repairFront = front;
  try {
    const l1Sectors = resolveL1(walk);
    yield* resolveL2Tables(walk, front, progress);
    yield* writeSectors(image, image.l1, l1Sectors);
    if (result.corruptions > 0) yield* image.flush("repaired tables");
    result.corruptionsFixed = result.corruptions;
    result.corruptions = 0;
  } finally {
    image.repairFront = undefined;
    front.pass(Infinity);
  }
}

/** Clear L1 entries that are invalid or overlap an earlier table. Returns their sectors. */
function resolveL1(walk: TableWalk): number[] {
  const { image } = walk;
  const { l1 } = image;
  const { tableEntries, tableClusters } = image.geometry;
  const sectors: number[] = [];
  for (let index = l1.nextUsed(0); index < tableEntries; index = l1.nextUsed(index + 1)) {
    const offsetBytes = l1.entry(index);
    const isValid = image.isValidOffset(offsetBytes, tableClusters);
    if (isValid && walk.isTableFree(offsetBytes)) {
      walk.markTable(offsetBytes);
      continue;
    }
    walk.rejectL1(isValid ? "shared" : "invalid", index);
    image.l2Cache.forget(offsetBytes);
    l1.setEntry(index, UNALLOCATED);
    noteSector(sectors, index);
  }
  return sectors;
}

/** Clear L2 entries that are invalid or point at a used cluster. */
function* resolveL2Tables(
  walk: TableWalk,
  front: RepairFront,
  progress?: ProgressListener,
): Operation<void> {
  const { image, clearedSectors } = walk;
  const { l1, l2Cache } = image;
  const { tableEntries } = image.geometry;
  for (let index = l1.nextUsed(0); index < tableEntries; index = l1.nextUsed(index + 1)) {
    let table: Table | undefined;
    try {
      table = yield* loadL2Table(image, index);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      walk.skipUnreadable(index, error);
    }
    if (!table) continue;
    clearedSectors.length = 0;
    scanL2Table(walk, table, index);
    front.pass(index);
    if (clearedSectors.length > 0) {
      // The file still has the old entries: the table must not be read from it meanwhile.
      l2Cache.pinned = table;
      yield* writeSectors(image, table, clearedSectors);
      image.tableChanges++;
      l2Cache.pinned = undefined;
    }
    progress?.(index + 1, tableEntries);
  }
}
