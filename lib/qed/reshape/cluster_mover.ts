import type { Operation } from "../../storage/request.ts";
import { loadL2Table } from "../io/lookup.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED } from "../format/layout.ts";
import { type DataMove, moveData, moveTables, type TableMove } from "../io/relocate.ts";
import type { Owner, Reachability } from "../check/reachability.ts";
import type { MovePlan, Placement } from "./move_plan.ts";

/** A move from one cluster of the file to another. */
interface Move extends Placement {
  readonly fromCluster: number;
}

/**
 * Carries out move plans. The caller has locked the ranges that move and has the allocation lock.
 * Other operations may have allocated and freed clusters since the plan was made, so everything is
 * looked up again.
 */
export class ClusterMover {
  readonly #image: QedImage;
  /** Clusters copied so far. */
  movedClusters = 0;

  /** A mover for the clusters of `image`. */
  constructor(image: QedImage) {
    this.#image = image;
  }

  /** Clear the places of the plan and move its clusters there. */
  *move({ moves, occupants, endCluster }: MovePlan, reachability: Reachability): Operation<void> {
    this.#image.assertWritable();
    if (reachability.isStale(this.#image)) return;
    yield* this.clear(occupants, endCluster, reachability);
    yield* this.#place(moves.filter(({ l2Index }) => l2Index === undefined), reachability);
    yield* this.#place(moves.filter(({ l2Index }) => l2Index !== undefined), reachability);
  }

  /** Move `occupants` to free clusters from `firstCluster` on, or to the end of the file. */
  *clear(
    occupants: readonly Owner[],
    firstCluster: number,
    reachability: Reachability,
  ): Operation<void> {
    const tables = occupants.filter(({ l2Index }) => l2Index === undefined);
    const data = occupants.filter(({ l2Index }) => l2Index !== undefined);
    for (const kind of [tables, data]) {
      const moves: Move[] = [];
      for (const owner of kind) {
        const fromCluster = yield* this.#findCluster(owner);
        // Move only owners that are still in place; others stay, and block their place.
        if (fromCluster === undefined || !isSame(reachability.ownerOf(fromCluster), owner)) {
          continue;
        }
        const toCluster = this.#takeFree(this.#clusterCount(owner), firstCluster, reachability);
        moves.push({ ...owner, fromCluster, toCluster });
      }
      yield* this.#carryOut(moves, reachability);
    }
  }

  *#place(placements: readonly Placement[], reachability: Reachability): Operation<void> {
    const moves: Move[] = [];
    for (const placement of placements) {
      const { toCluster } = placement;
      const clusterCount = this.#clusterCount(placement);
      const fromCluster = yield* this.#findCluster(placement);
      if (fromCluster === undefined || fromCluster === toCluster) continue;
      if (!reachability.areFree(toCluster, clusterCount)) continue;
      reachability.take(toCluster, clusterCount);
      moves.push({ ...placement, fromCluster });
    }
    yield* this.#carryOut(moves, reachability);
  }

  /** Free clusters: the last ones in the file, or new ones at its end. */
  #takeFree(clusterCount: number, firstCluster: number, reachability: Reachability): number {
    const found = reachability.findFree(clusterCount, firstCluster);
    if (found === undefined) {
      return this.#image.allocateClusters(clusterCount) / this.#image.geometry.clusterBytes;
    }
    reachability.take(found, clusterCount);
    return found;
  }

  *#carryOut(moves: readonly Move[], reachability: Reachability): Operation<void> {
    if (moves.length === 0) return;
    const { clusterBytes } = this.#image.geometry;
    const tables: TableMove[] = [];
    const data: DataMove[] = [];
    for (const { l1Index, l2Index, fromCluster, toCluster } of moves) {
      const fromBytes = fromCluster * clusterBytes;
      const toBytes = toCluster * clusterBytes;
      if (l2Index === undefined) tables.push({ l1Index, fromBytes, toBytes });
      else data.push({ l1Index, l2Index, fromBytes, toBytes });
    }
    if (!reachability.isDurable) yield* this.#image.flush("entries before free clusters are used");
    reachability.isDurable = true;
    yield* moveTables(this.#image, tables);
    yield* moveData(this.#image, data);
    for (const move of moves) {
      const clusterCount = this.#clusterCount(move);
      reachability.release(move.fromCluster, clusterCount);
      reachability.setOwner(move.toCluster, clusterCount, move);
      this.movedClusters += clusterCount;
    }
  }

  #clusterCount({ l2Index }: Owner): number {
    return l2Index === undefined ? this.#image.geometry.tableClusters : 1;
  }

  /** The current cluster of an owner; undefined if it is no longer mapped. */
  *#findCluster(owner: Owner): Operation<number | undefined> {
    const { l1Index, l2Index } = owner;
    const image = this.#image;
    let offsetBytes = image.l1.entry(l1Index);
    if (l2Index !== undefined) {
      const table = yield* loadL2Table(image, l1Index);
      offsetBytes = table?.entry(l2Index) ?? UNALLOCATED;
    }
    // Special values are below all offsets.
    const isThere = image.isValidOffset(offsetBytes, this.#clusterCount(owner));
    return isThere ? offsetBytes / image.geometry.clusterBytes : undefined;
  }
}

function isSame(owner: Owner | undefined, other: Owner): boolean {
  return owner?.l1Index === other.l1Index && owner.l2Index === other.l2Index;
}
