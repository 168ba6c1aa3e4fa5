/** Maximum number of ranges in a set: 32768 of them take half a MiB. */
export const MAX_RANGES = 2 ** 15;

/** Adjacent clusters of the file. */
export interface ClusterRange {
  /** The index of the first one: its offset in the file divided by the cluster size. */
  readonly firstCluster: number;
  /** The number of clusters. */
  readonly clusterCount: number;
}

/**
 * A set of clusters of a file, kept as ascending ranges that do not touch. Memory is bounded: a set
 * with {@linkcode MAX_RANGES} ranges ignores clusters that would need one more.
 */
export class ClusterRanges {
  #starts: number[] = [];
  #ends: number[] = [];
  #clusterCount = 0;

  /** The number of clusters in the set. */
  get clusterCount(): number {
    return this.#clusterCount;
  }

  /** The ranges as a text: equal for equal sets. */
  digest(): string {
    return this.#starts.map((start, i) => `${start}-${this.#ends[i]}`).join();
  }

  /** Add clusters, some of which may be in the set already. */
  add({ firstCluster, clusterCount }: ClusterRange): void {
    let start = firstCluster;
    let end = firstCluster + clusterCount;
    const first = this.#firstEndingFrom(start);
    let after = first;
    while (after < this.#starts.length && this.#starts[after] <= end) {
      start = Math.min(start, this.#starts[after]);
      end = Math.max(end, this.#ends[after]);
      this.#clusterCount -= this.#ends[after] - this.#starts[after];
      after++;
    }
    if (after === first && this.#starts.length >= MAX_RANGES) return;
    this.#starts.splice(first, after - first, start);
    this.#ends.splice(first, after - first, end);
    this.#clusterCount += end - start;
  }

  /** The index of the first range that ends at `cluster` or later. */
  #firstEndingFrom(cluster: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle] < cluster) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether some range has at least `min` clusters. */
  holds(min: number): boolean {
    return this.#indexOf(min) >= 0;
  }

  #indexOf(min: number): number {
    if (this.#clusterCount < min) return -1;
    return this.#starts.findIndex((start, i) => this.#ends[i] - start >= min);
  }

  /**
   * Remove and return the first `max` clusters, or all if there are fewer, of the lowest range with
   * at least `min` clusters. Undefined if there is no such range.
   */
  take(min: number, max: number): ClusterRange | undefined {
    const index = this.#indexOf(min);
    if (index < 0) return undefined;
    const firstCluster = this.#starts[index];
    const clusterCount = Math.min(max, this.#ends[index] - firstCluster);
    this.#starts[index] += clusterCount;
    if (this.#starts[index] === this.#ends[index]) this.#remove(index);
    this.#clusterCount -= clusterCount;
    return { firstCluster, clusterCount };
  }

  /**
   * Remove the range that ends at `endCluster`. Returns its start, or `endCluster` if there is
   * none.
   */
  takeEnd(endCluster: number): number {
    const index = this.#ends.lastIndexOf(endCluster);
    if (index < 0) return endCluster;
    const start = this.#starts[index];
    this.#remove(index);
    this.#clusterCount -= endCluster - start;
    return start;
  }

  #remove(index: number): void {
    this.#starts.splice(index, 1);
    this.#ends.splice(index, 1);
  }

  /** Move all clusters to `other`; this set is empty afterwards. */
  moveTo(other: ClusterRanges): void {
    this.#starts.forEach((firstCluster, i) => {
      other.add({ firstCluster, clusterCount: this.#ends[i] - firstCluster });
    });
    this.clear();
  }

  /** Remove all clusters. */
  clear(): void {
    this.#starts = [];
    this.#ends = [];
    this.#clusterCount = 0;
  }
}
