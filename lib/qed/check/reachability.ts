import type { Operation } from "../../storage/request.ts";
import { scanTables } from "./check.ts";
import type { CheckResult } from "./check_result.ts";
import type { ClusterRange } from "../image/cluster_ranges.ts";
import { ClusterSet } from "../image/cluster_set.ts";
import { readTable } from "../io/lookup.ts";
import { FormatError } from "../format/format_error.ts";
import type { QedImage } from "../image/image.ts";
import { Table } from "../format/table.ts";
import { TableWalk } from "./table_walk.ts";

/** The owner of a cluster of the file: an entry of an L2 table, or the table itself. */
export interface Owner {
  /** The index of the L1 entry that leads to it. */
  readonly l1Index: number;
  /** The index of the L2 entry; undefined for the table. */
  readonly l2Index?: number;
}

/** Default number of clusters whose owners are known: 8 MiB of memory. */
const DEFAULT_CLUSTERS = 2 ** 20;
const NO_OWNER = -1;
/** The growth of a file, beyond doubling, up to which its free clusters are known. */
const GROWTH_CLUSTERS = 2 ** 16;

/**
 * Which clusters of a file are free, and who owns those of one range. Code that moves clusters
 * keeps it up to date. Other operations meanwhile allocate at the end of the file, which never
 * counts as free here; clusters that they free are found the next time.
 */
export class Reachability {
  /** The result of the check. */
  readonly result: CheckResult;
  /** Whether the free clusters are known to be durably unreferenced. */
  isDurable = false;
  /** The generation of {@linkcode QedImage.free} that it belongs to. */
  generation = 0;
  /** The first cluster of the file whose owner is known. */
  readonly startCluster: number;
  /** The end of the range of clusters whose owners are known. */
  readonly endCluster: number;
  readonly #free: ClusterSet;
  /** An upper bound of the highest free cluster. */
  #highestFree: number;
  /** The guest cluster in each cluster of the range; for the table of L1 entry i: -2-i. */
  readonly #owners: Float64Array;
  readonly #tableEntries: number;

  /** Start with a finished walk; the caller adds the owners. */
  constructor(walk: TableWalk, { firstCluster, clusterCount }: ClusterRange) {
    const { image, used, result } = walk;
    const { clusterBytes, tableEntries } = image.geometry;
    const fileClusters = image.endBytes / clusterBytes;
    this.result = result;
    this.startCluster = firstCluster;
    this.endCluster = firstCluster + clusterCount;
    // Room for growth meanwhile; clusters after that are not reused when they become free.
    this.#free = new ClusterSet(2 * fileClusters + GROWTH_CLUSTERS, image.buffers);
    for (let cluster = image.header.headerClusters; cluster < fileClusters; cluster++) {
      if (!used.has(cluster)) this.#free.add(cluster);
    }
    this.#highestFree = fileClusters - 1;
    const known = Math.max(0, Math.min(clusterCount, fileClusters - firstCluster));
    this.#owners = new Float64Array(known).fill(NO_OWNER);
    this.#tableEntries = tableEntries;
  }

  /**
   * Whether another operation has taken over the free space since, so that this must not be used.
   */
  isStale(image: QedImage): boolean {
    return image.free.generation !== this.generation;
  }

  /** Whether all clusters of a range are free. */
  areFree(cluster: number, clusterCount: number): boolean {
    for (let i = 0; i < clusterCount; i++) if (!this.#free.has(cluster + i)) return false;
    return true;
  }

  /**
   * The last `clusterCount` adjacent free clusters of the file, not before `firstCluster`;
   * undefined if there are none. The last ones, since the end of the file will be cut off.
   */
  findFree(clusterCount: number, firstCluster: number): number | undefined {
    while (this.#highestFree >= firstCluster && !this.#free.has(this.#highestFree)) {
      this.#highestFree--;
    }
    let length = 0;
    for (let cluster = this.#highestFree; cluster >= firstCluster; cluster--) {
      length = this.#free.has(cluster) ? length + 1 : 0;
      if (length === clusterCount) return cluster;
    }
    return undefined;
  }

  /** Mark clusters as used. */
  take(cluster: number, clusterCount: number): void {
    for (let i = 0; i < clusterCount; i++) this.#free.delete(cluster + i);
  }

  /** Set the owner of clusters. */
  setOwner(cluster: number, clusterCount: number, { l1Index, l2Index }: Owner): void {
    const id = l2Index === undefined ? -2 - l1Index : l1Index * this.#tableEntries + l2Index;
    for (let i = 0; i < clusterCount; i++) this.#note(cluster + i, id);
  }

  /** Mark clusters as free and without owner. */
  release(cluster: number, clusterCount: number): void {
    for (let i = 0; i < clusterCount; i++) {
      this.#free.add(cluster + i);
      this.#note(cluster + i, NO_OWNER);
    }
    this.#highestFree = Math.max(this.#highestFree, cluster + clusterCount - 1);
  }

  /** The owner of a cluster, if it is known. */
  ownerOf(cluster: number): Owner | undefined {
    const id = this.#owners[cluster - this.startCluster] ?? NO_OWNER;
    if (id === NO_OWNER) return undefined;
    if (id < NO_OWNER) return { l1Index: -2 - id };
    const l1Index = Math.floor(id / this.#tableEntries);
    return { l1Index, l2Index: id - l1Index * this.#tableEntries };
  }

  /** The owners of the clusters of some ranges, each one once. */
  ownersOf(places: readonly ClusterRange[]): Owner[] {
    const owners = new Map<string, Owner>();
    for (const { firstCluster, clusterCount } of places) {
      for (let i = 0; i < clusterCount; i++) {
        const owner = this.ownerOf(firstCluster + i);
        if (owner) owners.set(`${owner.l1Index} ${owner.l2Index}`, owner);
      }
    }
    return [...owners.values()];
  }

  #note(cluster: number, id: number): void {
    // A typed array ignores indexes outside of it.
    this.#owners[cluster - this.startCluster] = id;
  }
}

/**
 * Scan all tables and find the owners of `clusterCount` clusters of the file from `firstCluster`
 * on, or as many as a table has if that is more. Needs the allocation lock. Throws
 * {@linkcode FormatError} for the first bad entry, and the storage's error for an unreadable table.
 * The result takes over the free clusters: the image forgets those that it knew.
 */
export function* findReachability(
  image: QedImage,
  firstCluster: number,
  clusterCount: number = DEFAULT_CLUSTERS,
): Operation<Reachability> {
  const walk = new TableWalk(image, { clears: false });
  yield* scanTables(walk);
  walk.finish();
  assertSound(walk);
  const reachability = new Reachability(walk, {
    firstCluster,
    clusterCount: Math.max(clusterCount, image.geometry.tableClusters),
  });
  yield* noteOwners(image, reachability);
  image.free.clear();
  reachability.generation = image.free.generation;
  return reachability;
}

/** Throw {@linkcode FormatError}, or the storage's error, if a walk found anything but leaks. */
export function assertSound(walk: TableWalk): void {
  if (walk.readFailure) throw walk.readFailure;
  const [problem] = walk.result.problems;
  if (!problem) return;
  const { entry, entryOffsetBytes, value } = problem;
  throw new FormatError({
    field: entry,
    offsetBytes: entryOffsetBytes,
    value,
    rule: "must be valid and the only one to refer to its clusters; repair the image first " +
      `(${walk.result.corruptions} corruptions)`,
  });
}

function* noteOwners(image: QedImage, reachability: Reachability): Operation<void> {
  const { l1, geometry, header } = image;
  const { tableEntries, tableClusters, tableBytes, clusterBytes } = geometry;
  const minOffset = header.headerClusters * clusterBytes;
  const table = new Table(image.buffers.take(tableBytes), 0);
  for (let l1Index = l1.nextUsed(0); l1Index < tableEntries; l1Index = l1.nextUsed(l1Index + 1)) {
    table.offsetBytes = l1.entry(l1Index);
    reachability.setOwner(table.offsetBytes / clusterBytes, tableClusters, { l1Index });
    yield* readTable(image, table);
    for (let l2Index = table.nextUsed(0); l2Index < tableEntries;) {
      const offsetBytes = table.entry(l2Index);
      // Special values lie before all offsets.
      if (offsetBytes >= minOffset) {
        reachability.setOwner(offsetBytes / clusterBytes, 1, { l1Index, l2Index });
      }
      l2Index = table.nextUsed(l2Index + 1);
    }
  }
}
