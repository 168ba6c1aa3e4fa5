import type { StorageError } from "../../storage/storage_error.ts";
import { type CheckResult, type FormatProblem, MAX_PROBLEMS } from "./check_result.ts";
import { CHUNK_BITS, ClusterSet } from "../image/cluster_set.ts";
import { clustersFor } from "../format/geometry.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED, ZERO_CLUSTER } from "../format/layout.ts";
import type { Table } from "../format/table.ts";
import { noteSector } from "../image/table_sectors.ts";

const CHUNK_MASK = 2 ** CHUNK_BITS - 1;

/** Settings of a {@linkcode TableWalk}. */
export interface TableWalkOptions {
  /** Whether wrong L2 entries are cleared. */
  readonly clears: boolean;
  /** Maximum number of problems to list; {@linkcode MAX_PROBLEMS} by default. */
  readonly maxProblems?: number;
}

/** One pass over the tables of an image, which finds the clusters referred to and the problems. */
export class TableWalk {
  /** The image. */
  readonly image: QedImage;
  /** The result so far. */
  readonly result: CheckResult;
  /** The clusters referred to so far. */
  readonly used: ClusterSet;
  /** Whether wrong L2 entries are cleared in memory during the pass. */
  readonly clears: boolean;
  /** The sectors with cleared entries of the last table scanned; ascending. */
  readonly clearedSectors: number[] = [];
  /** The error of the first unreadable table. */
  readFailure: StorageError | undefined;
  readonly #maxProblems: number;
  #allocatedClusters = 0;
  #fragmentedClusters = 0;

  /** Start a pass; the clusters of the L1 table are marked. */
  constructor(image: QedImage, options: TableWalkOptions) {
    this.#maxProblems = options.maxProblems ?? MAX_PROBLEMS;
    this.image = image;
    this.result = emptyCheckResult(image);
    this.used = new ClusterSet(image.endBytes / image.geometry.clusterBytes, image.buffers);
    this.clears = options.clears;
    this.markTable(image.l1.offsetBytes);
  }

  /** Mark the clusters of a table; returns how many of them were marked already. */
  markTable(offsetBytes: number): number {
    const { clusterBytes, tableClusters } = this.image.geometry;
    const first = offsetBytes / clusterBytes;
    let shared = 0;
    for (let i = 0; i < tableClusters; i++) if (!this.used.add(first + i)) shared++;
    return shared;
  }

  /** Whether none of the clusters of a table is marked. */
  isTableFree(offsetBytes: number): boolean {
    const { clusterBytes, tableClusters } = this.image.geometry;
    const first = offsetBytes / clusterBytes;
    for (let i = 0; i < tableClusters; i++) if (this.used.has(first + i)) return false;
    return true;
  }

  /** Count and list a corruption of an L1 entry. */
  rejectL1(kind: FormatProblem["kind"], l1Index: number): void {
    this.result.corruptions++;
    this.#note(kind, this.image.l1, l1Index);
  }

  /** Count and list an unreadable L2 table. */
  skipUnreadable(l1Index: number, error: StorageError): void {
    this.result.checkErrors++;
    this.readFailure ??= error;
    this.#note("unreadable", this.image.l1, l1Index);
  }

  /** Count and list a corruption of an L2 entry, and clear the entry if the walk does so. */
  rejectL2(kind: FormatProblem["kind"], l1Index: number, table: Table, index: number): void {
    this.result.corruptions++;
    this.#note(kind, table, index, l1Index);
    if (!this.clears) return;
    table.setEntry(index, UNALLOCATED);
    noteSector(this.clearedSectors, index);
  }

  /**
   * Add the counts of one L2 table; `added` is the number of marks that {@linkcode scanL2Table}
   * set.
   */
  countScan(counts: { added: number; allocated: number; fragmented: number }): void {
    this.used.countAdded(counts.added);
    this.#allocatedClusters += counts.allocated;
    this.#fragmentedClusters += counts.fragmented;
  }

  /** Count the leaks, and find the end of the used clusters. */
  finish(): void {
    const { image, result, used } = this;
    const { clusterBytes } = image.geometry;
    const dataClusters = image.endBytes / clusterBytes - image.header.headerClusters;
    result.allocatedClusters = this.#allocatedClusters;
    result.fragmentedClusters = this.#fragmentedClusters;
    // With an unreadable table the leaks are unknown.
    result.leaks = result.checkErrors > 0 ? 0 : Math.max(0, dataClusters - used.size);
    result.imageEndBytes = (used.highest() + 1) * clusterBytes;
  }

  /** For an entry of an L2 table, `l1Index` is that table's. */
  #note(kind: FormatProblem["kind"], table: Table, index: number, l1Index?: number): void {
    const { problems } = this.result;
    if (problems.length >= this.#maxProblems) return;
    const entry = l1Index === undefined ? `l1_table[${index}]` : `l2_table[${l1Index}][${index}]`;
    const entryOffsetBytes = table.entryOffsetBytes(index);
    problems.push({ kind, entry, entryOffsetBytes, value: table.exactEntry(index) });
  }
}

/**
 * Mark the clusters that one L2 table refers to. The hot loop of every check: clusters below 2^31
 * are found with 32-bit arithmetic (hence the `| 0`) and marked in place; all others, special
 * values and wrong entries take the slower branch.
 */
export function scanL2Table(walk: TableWalk, table: Table, l1Index: number): void {
  const { image, used } = walk;
  const { clusterBits, clusterBytes } = image.geometry;
  const words = table.block.words;
  const highShift = 32 - clusterBits;
  const firstCluster = image.header.headerClusters;
  const endCluster = Math.min(image.endBytes / clusterBytes, 2 ** 31);
  const clusterCount = Math.max(0, endCluster - firstCluster);
  const lowMask = clusterBytes - 1;
  const zeroCluster = image.header.layout === "final" ? ZERO_CLUSTER : UNALLOCATED;
  let chunkIndex = 0;
  let marks = used.chunk(0);
  let allocated = 0;
  let fragmented = 0;
  let added = 0;
  let expected = 0;
  const end = words.length;
  for (let word = 0; word < end; word += 2) {
    const low = words[word] | 0;
    const high = words[word + 1] | 0;
    let cluster = (low >>> clusterBits) | (high << highShift);
    let problem: FormatProblem["kind"] | undefined;
    if (
      ((low & lowMask) | (high >>> clusterBits)) === 0 &&
      ((cluster - firstCluster) >>> 0) < clusterCount
    ) {
      if (cluster >>> CHUNK_BITS !== chunkIndex) {
        chunkIndex = cluster >>> CHUNK_BITS;
        marks = used.chunk(chunkIndex);
      }
      const at = (cluster & CHUNK_MASK) >>> 5;
      const bit = 1 << (cluster & 31);
      const mark = marks[at] | 0;
      if ((mark & bit) === 0) {
        marks[at] = mark | bit;
        added++;
      } else {
        problem = "shared";
      }
    } else {
      if ((low | high) === 0) {
        // Most tables are mostly empty: skip to the next used entry, unless it is likely to be
        // near.
        if ((word & 15) === 0) word = 2 * table.nextUsed(word / 2) - 2;
        continue;
      }
      if (high === 0 && low === zeroCluster) continue;
      const offsetBytes = table.entry(word / 2);
      cluster = offsetBytes / clusterBytes;
      if (!image.isValidOffset(offsetBytes, 1)) problem = "invalid";
      else if (!used.add(cluster)) problem = "shared";
    }
    allocated++;
    if (cluster !== expected && expected !== 0) fragmented++;
    expected = cluster + 1;
    if (problem !== undefined) walk.rejectL2(problem, l1Index, table, word / 2);
  }
  walk.countScan({ added, allocated, fragmented });
}

function emptyCheckResult(image: QedImage): CheckResult {
  return {
    checkErrors: 0,
    corruptions: 0,
    leaks: 0,
    corruptionsFixed: 0,
    leaksFixed: 0,
    totalClusters: clustersFor(image.geometry, image.imageBytes),
    allocatedClusters: 0,
    fragmentedClusters: 0,
    imageEndBytes: 0,
    problems: [],
  };
}
