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
 * How far a repair has come, for the requests that go on beside it.
 *
 * A repair goes through the L2 tables in the order of the L1 table, and of the references to one
 * cluster the first one stays. So where it has passed, entries are final: whatever it finds later
 * loses against them, also in a repair that starts anew after a crash. Where it has not:
 *
 * - An entry that is invalid, or points at a cluster that is taken, is going to be cleared. It
 *   counts as unallocated already.
 * - Any other entry may turn out to share its cluster with one that is before it and not passed
 *   either. Reading through it shows what is on disk; writing through it could change what
 *   another address holds, and has to wait until the repair has passed.
 */
export class RepairFront {
  readonly #file: ClusterFile;
  readonly #taken: ClusterSet;
  #passedIndex = -1;
  #waiting: Set<{ readonly l1Index: number; readonly go: () => void }> | undefined;

  /** A front that has passed nothing; `taken` are the clusters that entries passed refer to. */
  constructor(file: ClusterFile, taken: ClusterSet) {
    this.#file = file;
    this.#taken = taken;
  }

  /** The entries of this L2 table, and of all before it, are final. */
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

  /** What waits until the entries of this L2 table are final. */
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
   * How many of `clusterCount` clusters from `hostBytes` on, mapped by entries not passed yet, may
   * stay mapped as far as is known: none if the first one is invalid or taken.
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
