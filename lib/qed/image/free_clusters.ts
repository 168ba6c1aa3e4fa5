/**
 * Clusters that were freed since the image was opened, and their reuse.
 *
 * Clusters that write zeroes or discard frees go through three states:
 *
 * - **freed**: the entry that referred to the cluster has changed, but the change may not be
 *   durable. A crash may restore the old entry, so no other data may be written to the cluster
 *   before a flush, which can wait until the cluster is needed (Liguori, 10 September 2010 13:39).
 *   Zeroes may, since the guest address that freed the cluster reads as zeroes either way.
 * - **settled**: any flush that was issued after the change has completed. No entry refers to the
 *   cluster, but it holds old data of another guest address. An entry may point at it once new data
 *   is durable in it.
 * - **clean**: it durably holds zeroes and no entry refers to it. It is like the space after the
 *   end of the file, and the rest of the write path, NEED_CHECK included, treats it so.
 *
 * The costs decide which clusters are reused. A new cluster at the end of the file costs no flush.
 * If data is flushed before its entry anyway (with a backing file, in the rfc layout), a settled
 * cluster costs none either and is reused. Otherwise each allocation would cost a flush, so
 * clusters are made clean in batches: overwritten with zeroes, or cut off if settled clusters end
 * the file, then one flush. A batch is 16 clusters, 1 MiB at the default size. On a disk with 8 ms
 * for a flush and 100 MB/s that is (16 × 0.65 ms + 8 ms) / 16 = 1.2 ms a cluster, against 8 ms with
 * a flush for each. Since an allocation writes whole clusters, the zeroes at most double the bytes
 * written. Fewer clusters than a batch wait; a flush by the guest settles them at no cost.
 *
 * Adjacent clusters go to a hole that holds all of them, or a batch. Smaller holes are left to
 * smaller writes, so that reuse neither costs a flush per cluster nor scatters large writes.
 * Closing the image cuts off free clusters at the end of the file; the others are leaked, as after
 * a crash, and `check -r leaks` reclaims them. L2 tables always get new clusters.
 *
 * Memory is bounded by `MAX_RANGES`; clusters beyond that are leaked as well.
 *
 * @module
 */
import { type ClusterRange, ClusterRanges } from "./cluster_ranges.ts";

/** The clusters freed since the image was opened; see the head of this module. */
export class FreeClusters {
  /** Clusters whose entries have changed, perhaps not durably. */
  freed: ClusterRanges = new ClusterRanges();
  /** Clusters that flushes in flight cover. */
  readonly #underWay = new Set<ClusterRanges>();
  /** Clusters with old data that no entry on disk refers to. */
  readonly settled: ClusterRanges = new ClusterRanges();
  /** Clusters that durably hold zeroes. */
  readonly clean: ClusterRanges = new ClusterRanges();
  #generation = 0;

  /**
   * Incremented when another operation takes over the free space, so that older knowledge of it is
   * stale.
   */
  get generation(): number {
    return this.#generation;
  }

  /** Whether there are none, not counting those that a flush in flight covers. */
  get isEmpty(): boolean {
    return this.freed.clusterCount + this.settled.clusterCount + this.clean.clusterCount === 0;
  }

  /** Add clusters to which no entry refers any more; the change of the entry has completed. */
  add(range: ClusterRange): void {
    this.freed.add(range);
  }

  /**
   * Note that a flush is issued. Returns the clusters it covers, for
   * {@linkcode FreeClusters.settle}.
   */
  coveredByFlush(): ClusterRanges | undefined {
    if (this.freed.clusterCount === 0) return undefined;
    const covered = this.freed;
    this.freed = new ClusterRanges();
    this.#underWay.add(covered);
    return covered;
  }

  /** Note that the flush that covers these clusters has completed. */
  settle(covered: ClusterRanges): void {
    this.#underWay.delete(covered);
    covered.moveTo(this.settled);
  }

  /**
   * Remove clusters at the end of the file, which is at `endCluster`, that may be cut off. Returns
   * the new end.
   */
  takeEnd(endCluster: number): number {
    const end = this.clean.takeEnd(this.settled.takeEnd(endCluster));
    return end < endCluster ? this.takeEnd(end) : end;
  }

  /** Forget all clusters: another operation has taken over the free space of the file. */
  clear(): void {
    this.#generation++;
    this.freed.clear();
    for (const covered of this.#underWay) covered.clear();
    this.settled.clear();
    this.clean.clear();
  }
}
