import type { Operation } from "../../storage/request.ts";
import { type AccessRange, accessRange } from "../../storage/range_lock.ts";
import { loadL2Table } from "../io/lookup.ts";
import type { QedImage } from "../image/image.ts";
import type { Owner, Reachability } from "../check/reachability.ts";

/** The progress of a defragmentation: the part of the file that is in order, and the next owner. */
export interface Cursor {
  /** The first cluster of the file that is not in order yet. */
  readonly toCluster: number;
  /** The index of the L2 table that comes next, or whose clusters do. */
  readonly l1Index: number;
  /** The index of the entry that comes next; undefined for the table itself. */
  readonly l2Index: number | undefined;
}

/** An owner and the place in the file where its clusters belong. */
export interface Placement extends Owner {
  /** The first cluster of that place. */
  readonly toCluster: number;
}

/** The moves that put one window of the file in order. */
export interface MovePlan {
  /** The owners that are not in place, in the order of the file. */
  readonly moves: readonly Placement[];
  /** The owners that occupy these places and have to move away first, each once. */
  readonly occupants: readonly Owner[];
  /** The cluster after the window. */
  readonly endCluster: number;
  /** The start of the next window. */
  readonly next: Cursor;
  /** Whether everything is in place after this window. */
  readonly isLast: boolean;
}

/**
 * Plan the next window: it has `windowClusters` clusters that are not in place, at least one owner,
 * and everything in place between them. Reads tables without a lock; other operations may change
 * them, so the mover looks everything up again.
 */
export function* planMoves(
  image: QedImage,
  start: Cursor,
  { reachability, windowClusters }: {
    readonly reachability: Reachability;
    readonly windowClusters: number;
  },
): Operation<MovePlan> {
  const { l1, geometry } = image;
  const { tableEntries, tableClusters, clusterBytes } = geometry;
  const moves: Placement[] = [];
  let movedClusters = 0;
  let { toCluster, l1Index, l2Index } = start;
  // A table may come next, and the owners of all of its place must be known.
  const isFull = () =>
    movedClusters >= windowClusters || toCluster + tableClusters > reachability.endCluster;
  const place = (owner: Owner, fromBytes: number, clusterCount: number) => {
    if (fromBytes !== toCluster * clusterBytes) {
      moves.push({ ...owner, toCluster });
      movedClusters += clusterCount;
    }
    toCluster += clusterCount;
  };
  const windowUpTo = (next: Cursor, isLast: boolean): MovePlan => ({
    moves,
    occupants: reachability.ownersOf(moves.map(({ l2Index, toCluster }) => ({
      firstCluster: toCluster,
      clusterCount: l2Index === undefined ? tableClusters : 1,
    }))),
    endCluster: toCluster,
    next,
    isLast,
  });

  for (l1Index = l1.nextUsed(l1Index); l1Index < tableEntries; l1Index = l1.nextUsed(l1Index + 1)) {
    if (l1Index !== start.l1Index) l2Index = undefined;
    if (l2Index === undefined) {
      if (isFull()) return windowUpTo({ toCluster, l1Index, l2Index }, false);
      place({ l1Index }, l1.entry(l1Index), tableClusters);
      l2Index = 0;
    }
    const table = yield* loadL2Table(image, l1Index);
    if (!table) continue;
    for (l2Index = table.nextUsed(l2Index); l2Index < tableEntries;) {
      const fromBytes = table.entry(l2Index);
      // Special values are below all offsets.
      if (image.isValidOffset(fromBytes, 1)) {
        if (isFull()) return windowUpTo({ toCluster, l1Index, l2Index }, false);
        place({ l1Index, l2Index }, fromBytes, 1);
      }
      l2Index = table.nextUsed(l2Index + 1);
    }
  }
  return windowUpTo({ toCluster, l1Index, l2Index: undefined }, true);
}

/** The ranges of the guest's disk that some owners map: ascending, and not touching. */
export function mappedRanges(image: QedImage, owners: readonly Owner[]): AccessRange[] {
  const ranges = owners
    .map((owner) => mappedRange(image, owner))
    .sort((a, b) => a.startBytes - b.startBytes);
  const apart: AccessRange[] = [];
  for (const { startBytes, endBytes } of ranges) {
    const last = apart[apart.length - 1];
    if (!last || last.endBytes < startBytes) apart.push({ startBytes, endBytes });
    else if (last.endBytes < endBytes) apart[apart.length - 1] = { ...last, endBytes };
  }
  return apart;
}

/** The range that a data cluster maps, or that an L2 table does. */
function mappedRange({ geometry }: QedImage, { l1Index, l2Index }: Owner): AccessRange {
  const { tableEntries, clusterBytes } = geometry;
  const firstCluster = BigInt(l1Index) * BigInt(tableEntries) + BigInt(l2Index ?? 0);
  const clusterCount = l2Index === undefined ? tableEntries : 1;
  return accessRange(
    firstCluster * BigInt(clusterBytes),
    BigInt(clusterCount) * BigInt(clusterBytes),
  );
}
