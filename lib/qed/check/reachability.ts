import type { Operation } from "../../storage/request.ts";
import { scanTables } from "./check.ts";
import type { CheckResult } from "./check_result.ts";
import { ClusterSet } from "../image/cluster_set.ts";
import { readTable } from "../io/lookup.ts";
import { FormatError } from "../format/format_error.ts";
import type { QedImage } from "../image/image.ts";
import { Table } from "../format/table.ts";
import { TableWalk } from "./table_walk.ts";

/** Who a cluster of the file belongs to: an entry of an L2 table, or the table itself. */
export interface Owner {
  /** The L1 entry that leads there. */
  readonly l1Index: number;
  /** The L2 entry; undefined for the table. */
  readonly l2Index?: number;
}

/** How many clusters of the file a reachability names the owners of, if not told: 8 MiB of memory. */
const STRETCH_CLUSTERS = 2 ** 20;
const NOBODY = -1;
/** How far a file may grow, beside doubling, with its free clusters being known. */
const SPARE_CLUSTERS = 2 ** 16;

/** A stretch of the file. */
export interface Stretch {
  /** Its first cluster. */
  readonly firstCluster: number;
  /** How many. */
  readonly clusterCount: number;
}

/**
 * What is where in a file: which clusters are free, and whom those of one stretch of it belong to.
 * Kept up to date by those who move clusters. What others allocate meanwhile goes to the end of
 * the file, which a reachability does not take for free; what they free is noticed by the next one.
 */
export class Reachability {
  /** What a check finds. */
  readonly result: CheckResult;
  /** Whether it is known to be durable that nothing refers to the free clusters. */
  isDurable = false;
  /** Which generation of {@linkcode QedImage.free} it belongs to. */
  generation = 0;
  /** The first cluster of the file that the owner of is known. */
  readonly startCluster: number;
  /** The first one behind that for which it is not. */
  readonly endCluster: number;
  readonly #free: ClusterSet;
  /** The highest free cluster is not above this one. */
  #highestFree: number;
  /** The guest cluster that each cluster of the stretch holds; for the table of L1 entry i: -2-i. */
  readonly #owners: Float64Array;
  readonly #tableEntries: number;

  /** Take over a finished walk; owners are to be noted. */
  constructor(walk: TableWalk, { firstCluster, clusterCount }: Stretch) {
    const { image, used, result } = walk;
    const { clusterBytes, tableEntries } = image.geometry;
    const fileClusters = image.endBytes / clusterBytes;
    this.result = result;
    this.startCluster = firstCluster;
    this.endCluster = firstCluster + clusterCount;
    // Room for what grows meanwhile; what is behind that is not offered when it is free again.
    this.#free = new ClusterSet(2 * fileClusters + SPARE_CLUSTERS, image.buffers);
    for (let cluster = image.header.headerClusters; cluster < fileClusters; cluster++) {
      if (!used.has(cluster)) this.#free.add(cluster);
    }
    this.#highestFree = fileClusters - 1;
    const known = Math.max(0, Math.min(clusterCount, fileClusters - firstCluster));
    this.#owners = new Float64Array(known).fill(NOBODY);
    this.#tableEntries = tableEntries;
  }

  /** Whether somebody else has looked after the free space since: then nothing may be moved by it. */
  isStale(image: QedImage): boolean {
    return image.free.generation !== this.generation;
  }

  /** Whether nothing refers to any of some clusters. */
  areFree(cluster: number, clusterCount: number): boolean {
    for (let i = 0; i < clusterCount; i++) if (!this.#free.has(cluster + i)) return false;
    return true;
  }

  /**
   * The last place in the file where `clusterCount` free clusters are together, not before
   * `firstCluster`; undefined if there is none. Last, since what is there will be cut off.
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

  /** Some clusters are not free any more. */
  take(cluster: number, clusterCount: number): void {
    for (let i = 0; i < clusterCount; i++) this.#free.delete(cluster + i);
  }

  /** Some clusters belong to somebody now. */
  setOwner(cluster: number, clusterCount: number, { l1Index, l2Index }: Owner): void {
    const id = l2Index === undefined ? -2 - l1Index : l1Index * this.#tableEntries + l2Index;
    for (let i = 0; i < clusterCount; i++) this.#note(cluster + i, id);
  }

  /** Some clusters belong to nobody any more. */
  release(cluster: number, clusterCount: number): void {
    for (let i = 0; i < clusterCount; i++) {
      this.#free.add(cluster + i);
      this.#note(cluster + i, NOBODY);
    }
    this.#highestFree = Math.max(this.#highestFree, cluster + clusterCount - 1);
  }

  /** Whom a cluster of the stretch belongs to, as far as is known. */
  ownerOf(cluster: number): Owner | undefined {
    const id = this.#owners[cluster - this.startCluster] ?? NOBODY;
    if (id === NOBODY) return undefined;
    if (id < NOBODY) return { l1Index: -2 - id };
    const l1Index = Math.floor(id / this.#tableEntries);
    return { l1Index, l2Index: id - l1Index * this.#tableEntries };
  }

  /** Whom the clusters of some places belong to, each one once. */
  ownersOf(places: readonly Stretch[]): Owner[] {
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
    // What lies outside of the array is dropped by it.
    this.#owners[cluster - this.startCluster] = id;
  }
}

/**
 * Look through all tables and note who owns `clusterCount` clusters of the file from
 * `firstCluster` on, or as many as a table has if that is more. Needs the turn of
 * those who change tables. Throws {@linkcode FormatError} for the first bad entry, and the storage's
 * error for a table that can't be read. What the session knew of free clusters is
 * forgotten: the reachability has them now.
 */
export function* findReachability(
  image: QedImage,
  firstCluster: number,
  clusterCount: number = STRETCH_CLUSTERS,
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

/** Throws if a walk found anything but leaks: {@linkcode FormatError}, or the storage's error. */
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
