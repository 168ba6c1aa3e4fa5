import type { Operation } from "../../storage/request.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { readTable } from "../io/lookup.ts";
import type { QedImage } from "../image/image.ts";
import { Table } from "../format/table.ts";
import { scanL2Table, Walk } from "./table_walk.ts";

export { MOST_PROBLEMS } from "./table_walk.ts";

/** Something wrong with one table entry. */
export interface Problem {
  /**
   * `invalid`: points outside the clusters of the file. `shared`: points at a cluster that
   * another entry refers to already. `unreadable`: the L2 table could not be read.
   */
  readonly kind: "invalid" | "shared" | "unreadable";
  /** The entry: `l1_table[3]` or `l2_table[3][17]`. */
  readonly entry: string;
  /** Where the entry is in the file, in bytes. */
  readonly entryOffsetBytes: number;
  /** What the entry holds. */
  readonly value: bigint;
}

/**
 * The findings of a check or a repair, counted as `qemu-img check` counts them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type CheckResult, Image } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using image = await Image.create(path, { sizeBytes: 2 ** 30 });
 * const result: CheckResult = await image.check();
 * assertEquals([result.corruptions, result.leaks, result.totalClusters], [0, 0, 2 ** 14]);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface CheckResult {
  /** Errors that kept the check from looking. */
  checkErrors: number;
  /** Table entries that are invalid or refer to a cluster that another entry refers to. */
  corruptions: number;
  /** Clusters that nothing refers to. */
  leaks: number;
  /** Corruptions that the repair removed. */
  corruptionsFixed: number;
  /** Leaked clusters that the repair gave back. */
  leaksFixed: number;
  /** Clusters of the guest's disk. */
  totalClusters: number;
  /** Of these, how many are mapped to a place in the file. */
  allocatedClusters: number;
  /** Mapped clusters that do not follow the mapped cluster before them in the file. */
  fragmentedClusters: number;
  /** The end of the last cluster that is referred to, in bytes. */
  imageEndBytes: number;
  /** The first problems found, at most {@linkcode MOST_PROBLEMS}. */
  problems: Problem[];
}

/** Told about the progress of a long operation: `done` of `total` steps. */
export type ProgressListener = (done: number, total: number) => void;

/**
 * Told which bytes of the file are going to be read soon: whoever can may fetch them meanwhile. Of a
 * check that waits for its disk it spares a quarter of the time.
 */
export type ReadAhead = (offsetBytes: number, lengthBytes: number) => void;

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
  readAhead?: ReadAhead,
): Operation<CheckResult> {
  const walk = new Walk(image, { clears: false });
  yield* walkTables(walk, progress, readAhead);
  walk.finish();
  return walk.result;
}

/**
 * Walk the tables in the order of the disk: each L2 table, then what it refers to. A table that
 * overlaps something before it is not looked into.
 */
export function* walkTables(
  walk: Walk,
  progress?: ProgressListener,
  readAhead?: ReadAhead,
): Operation<void> {
  const { image } = walk;
  const { tableEntries, tableClusters, tableBytes } = image.geometry;
  const table = new Table(image.buffers.take(tableBytes, "overwritten"), 0);
  const announceNext = readAhead && announcer(image, readAhead);
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
function announcer(image: QedImage, readAhead: ReadAhead): () => void {
  const { tableEntries, tableClusters, tableBytes } = image.geometry;
  let next = image.l1.nextUsed(0);
  let lead = 0;
  return () => {
    for (lead--; lead < TABLES_AHEAD && next < tableEntries; lead++) {
      const offsetBytes = image.l1.entry(next);
      if (image.isValidOffset(offsetBytes, tableClusters)) readAhead(offsetBytes, tableBytes);
      next = image.l1.nextUsed(next + 1);
    }
  };
}
