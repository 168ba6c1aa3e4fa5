import type { Operation } from "../../storage/request.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { readTable } from "../io/lookup.ts";
import type { QedImage } from "../image/image.ts";
import { Table } from "../format/table.ts";
import type { CheckResult } from "./check_result.ts";
import { scanL2Table, TableWalk } from "./table_walk.ts";

/** Called with the progress of a long operation: `done` of `total` steps. */
export type ProgressListener = (done: number, total: number) => void;

/**
 * Prefetch hint: these bytes of the file will be read soon. Saves about a quarter of a disk-bound
 * check.
 */
export type Prefetch = (offsetBytes: number, lengthBytes: number) => void;

/** The number of tables to prefetch. */
const TABLES_AHEAD = 4;

/**
 * Check the tables: visit the L1 table and each L2 table, and mark each cluster referred to
 * (specification, section Consistency checking). Writes nothing. Memory: a bit for each cluster of
 * the file that is referred to, and one table. Counts are those of `qemu-img check`;
 * docs/differences-from-qemu.md explains the differences.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkImage, createImage, MemoryStorage, openImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * const { corruptions, leaks, totalClusters } = runSync(checkImage(image), files);
 * assertEquals([corruptions, leaks, totalClusters], [0, 0, 2 ** 14]);
 * ```
 */
export function* checkImage(
  image: QedImage,
  progress?: ProgressListener,
  prefetch?: Prefetch,
): Operation<CheckResult> {
  const walk = new TableWalk(image, { clears: false });
  yield* scanTables(walk, progress, prefetch);
  walk.finish();
  return walk.result;
}

/**
 * Visit the tables in the order of the guest's disk: each L2 table, then the clusters that it
 * refers to. The entries of a table that overlaps earlier clusters are skipped.
 */
export function* scanTables(
  walk: TableWalk,
  progress?: ProgressListener,
  prefetch?: Prefetch,
): Operation<void> {
  const { image } = walk;
  const { tableEntries, tableClusters, tableBytes } = image.geometry;
  const table = new Table(image.buffers.take(tableBytes, "overwritten"), 0);
  const announceNext = prefetch && announcer(image, prefetch);
  for (
    let l1Index = image.l1.nextUsed(0);
    l1Index < tableEntries;
    l1Index = image.l1.nextUsed(l1Index + 1)
  ) {
    announceNext?.();
    table.offsetBytes = image.l1.entry(l1Index);
    if (!image.isValidOffset(table.offsetBytes, tableClusters)) {
      walk.rejectL1("invalid", l1Index);
      continue;
    }
    const shared = walk.markTable(table.offsetBytes);
    for (let i = 0; i < shared; i++) walk.rejectL1("shared", l1Index);
    if (shared > 0) continue;
    try {
      yield* readTable(image, table);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      walk.skipUnreadable(l1Index, error);
      continue;
    }
    scanL2Table(walk, table, l1Index);
    progress?.(l1Index + 1, tableEntries);
  }
}

/** A function to call for each table, which prefetches the next tables, each one once. */
function announcer(image: QedImage, prefetch: Prefetch): () => void {
  const { tableEntries, tableClusters, tableBytes } = image.geometry;
  let next = image.l1.nextUsed(0);
  let lead = 0;
  return () => {
    for (lead--; lead < TABLES_AHEAD && next < tableEntries; lead++) {
      const offsetBytes = image.l1.entry(next);
      if (image.isValidOffset(offsetBytes, tableClusters)) prefetch(offsetBytes, tableBytes);
      next = image.l1.nextUsed(next + 1);
    }
  };
}
