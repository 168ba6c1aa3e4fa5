/**
 * Clusters that this session has freed, until they are used again.
 *
 * What write zeroes and discard free goes through three states:
 *
 * - **freed**: the entry that referred to the cluster is changed, but that may not be durable. A
 *   crash may bring the old entry back, so nobody else's data may be written there before a flush,
 *   which can wait until the cluster is wanted again (Liguori, 10 September 2010 13:39). Zeroes
 *   may, for the address that gave it up reads as zeroes either way.
 * - **settled**: a flush that was issued after the change has completed, whoever asked for it.
 *   Nothing refers to the cluster any more, but it holds what another guest address held. An entry
 *   may point at it once new data is durable there.
 * - **clean**: it holds zeroes and nothing refers to it, durably: it is like the space behind the
 *   end of the file, and the rest of the write path, NEED_CHECK included, treats it like that.
 *
 * What it costs decides how it is done. A new cluster at the end of the file costs no flush. Where
 * data is flushed before its entry anyway (with a backing file, in the rfc layout) a settled
 * cluster costs none either, and is taken. Elsewhere it would cost one for each allocation, so
 * clusters are made clean a batch at a time: overwritten with zeroes, or cut off where settled ones
 * end the file, then one flush. A batch is 16 clusters, 1 MiB at the default size. On a disk with 8 ms
 * for a flush and 100 MB/s that is (16 × 0.65 ms + 8 ms) / 16 = 1.2 ms a cluster, against 8 ms with a
 * flush for each. Since an allocation writes its clusters whole, the zeroes at most double what is
 * written. Fewer than a batch wait; a guest's flush settles them for nothing.
 *
 * A run of clusters takes a place that holds all of it, or a batch; smaller holes are left to
 * smaller writes, so that reuse neither costs a flush per cluster nor scatters large writes. What
 * is left when the image is closed is cut off where it ends the file; the rest is leaked, as after
 * a crash, and `check -r leaks` gives it back. L2 tables are always new.
 *
 * Memory is bounded by {@linkcode MAX_RANGES}; what goes beyond that is leaked as well.
 *
 * @module
 */
import { type ClusterRange, ClusterRanges } from "./cluster_ranges.ts";

/** The clusters that a session has freed; see the module's head. */
export class FreeClusters {
  /** Their entries are changed; that may not be durable. */
  freed = new ClusterRanges();
  /** What flushes under way cover. */
  readonly #underWay = new Set<ClusterRanges>();
  /** Nothing on disk refers to them; they hold old data. */
  readonly settled = new ClusterRanges();
  /** They hold zeroes, durably. */
  readonly clean = new ClusterRanges();
  #generation = 0;

  /** Goes up when somebody else looks after the free space: what others know of it is out of date. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether there are none; does not see those that a flush under way covers. */
  get isEmpty(): boolean {
    return this.freed.clusterCount + this.settled.clusterCount + this.clean.clusterCount === 0;
  }

  /** Clusters to which no entry refers any more, since the change of the entry has completed. */
  add(range: ClusterRange): void {
    this.freed.add(range);
  }

  /** A flush is about to be issued. Answers what it covers, for {@linkcode FreeClusters.settle}. */
  coveredByFlush(): ClusterRanges | undefined {
    if (this.freed.clusterCount === 0) return undefined;
    const covered = this.freed;
    this.freed = new ClusterRanges();
    this.#underWay.add(covered);
    return covered;
  }

  /** That flush has completed. */
  settle(covered: ClusterRanges): void {
    this.#underWay.delete(covered);
    covered.moveTo(this.settled);
  }

  /** Take out what ends the file at `endCluster`, of what may be cut off. Answers the new end. */
  takeEnd(endCluster: number): number {
    const end = this.clean.takeEnd(this.settled.takeEnd(endCluster));
    return end < endCluster ? this.takeEnd(end) : end;
  }

  /** Forget all of them: somebody else has looked after the free space of the file. */
  clear(): void {
    this.#generation++;
    this.freed.clear();
    for (const covered of this.#underWay) covered.clear();
    this.settled.clear();
    this.clean.clear();
  }
}
