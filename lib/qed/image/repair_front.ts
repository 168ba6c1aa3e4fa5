import type { Turn } from "../../storage/request.ts";
import type { Geometry } from "../format/geometry.ts";
import type { ClusterSet } from "./cluster_set.ts";

/** The file whose clusters a {@linkcode RepairFront} refers to; a `QedImage` is one. */
export interface ClusterFile {
  /** Cluster and table sizes. */
  readonly geometry: Geometry;
  /** Whether `offsetBytes` may hold `clusterCount` clusters. */
  isValidOffset(offsetBytes: number, clusterCount: number): boolean;
}

/**
 * The progress of a repair, for requests that run at the same time.
 *
 * A repair visits the L2 tables in the order of the L1 table, and keeps the first reference to each
 * cluster. So the entries of tables that it has passed are final: any later reference loses against
 * them, also when the repair starts again after a crash. In other tables:
 *
 * - An entry that is invalid or points at a used cluster will be cleared, and counts as
 *   unallocated already.
 * - Any other entry may share its cluster with an earlier entry that is not passed yet either.
 *   A read through it returns the bytes on disk. A write could change the data of another address,
 *   and waits until the repair has passed.
 */
export class RepairFront {
  readonly #file: ClusterFile;
  readonly #taken: ClusterSet;
  #passedIndex = -1;
  #waiting: Set<{ readonly l1Index: number; readonly go: () => void }> | undefined;

  /** A repair that has passed no table; `taken` are the clusters that final entries refer to. */
  constructor(file: ClusterFile, taken: ClusterSet) {
    this.#file = file;
    this.#taken = taken;
  }

  /** Note that the entries of this L2 table and of all earlier ones are final. */
  pass(l1Index: number): void {
    this.#passedIndex = l1Index;
    if (!this.#waiting) return;
    for (const waiting of this.#waiting) {
      if (waiting.l1Index > l1Index) continue;
      this.#waiting.delete(waiting);
      waiting.go();
    }
  }

  /** Whether the entries of this L2 table are final. */
  hasPassed(l1Index: number): boolean {
    return l1Index <= this.#passedIndex;
  }

  /** The condition that the entries of this L2 table are final. */
  passing(l1Index: number): Turn {
    const hasPassed = () => this.hasPassed(l1Index);
    return {
      get isReady() {
        return hasPassed();
      },
      whenReady: (go) => void (this.#waiting ??= new Set()).add({ l1Index, go }),
    };
  }

  /**
   * The number of clusters from `hostBytes` on, at most `clusterCount`, that may stay mapped by
   * entries that are not final: 0 if the first one is invalid or used.
   */
  keeps(hostBytes: number, clusterCount: number): number {
    const { clusterBytes } = this.#file.geometry;
    let count = 0;
    while (count < clusterCount) {
      const offsetBytes = hostBytes + count * clusterBytes;
      if (!this.#file.isValidOffset(offsetBytes, 1)) break;
      if (this.#taken.has(offsetBytes / clusterBytes)) break;
      count++;
    }
    return count;
  }
}
