import type { Operation } from "../../storage/request.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { readTable } from "../io/lookup.ts";
import type { QedImage } from "../image/image.ts";
import { Table } from "../format/table.ts";
import type { CheckResult } from "./check_result.ts";
import { scanL2Table, TableWalk } from "./table_walk.ts";

/** Told about the progress of a long operation: `done` of `total` steps. */
export type ProgressListener = (done: number, total: number) => void;

/**
 * Told which bytes of the file are going to be read soon: whoever can may fetch them meanwhile. Of a
 * check that waits for its disk it spares a quarter of the time.
 */
export type Prefetch = (offsetBytes: number, lengthBytes: number) => void;

/** How many tables ahead that is told. */
const TABLES_AHEAD = 4;

/**
 * Check the tables: walk the L1 table and each L2 table, and mark each cluster referred to
 * (specification, section Consistency checking). Writes nothing. Memory: a bit for each cluster
 * of the file that is referred to, and one table. Counts are those of `qemu-img check`; where
 * they differ, docs/differences-from-qemu.md says why.
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
 * TableWalk the tables in the order of the disk: each L2 table, then what it refers to. A table that
 * overlaps something before it is not looked into.
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

/** Tells of tables, each one once, when called for each table that is walked. */
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
