import type { Operation } from "../../storage/request.ts";
import { type AccessRange, accessRange } from "../../storage/range_lock.ts";
import { loadL2Table } from "../io/lookup.ts";
import type { QedImage } from "../image/image.ts";
import type { Owner, Reachability } from "../check/reachability.ts";

/** How far the order of the file is settled, and what comes next. */
export interface Cursor {
  /** The cluster of the file behind what is in its place. */
  readonly toCluster: number;
  /** The L2 table that comes next, or the clusters behind it. */
  readonly l1Index: number;
  /** Which of its entries comes next; undefined for the table itself. */
  readonly l2Index: number | undefined;
}

/** Something and the place in the file where it belongs. */
export interface Placement extends Owner {
  /** Its first cluster. */
  readonly toCluster: number;
}

/** A stretch of the file that is to be put in order. */
export interface MovePlan {
  /** What is not in its place, in the order of the file. */
  readonly moves: readonly Placement[];
  /** What is in the place of these and has to go first, each once. */
  readonly occupants: readonly Owner[];
  /** The cluster behind the window. */
  readonly endCluster: number;
  /** Where the next window starts. */
  readonly next: Cursor;
  /** Whether everything is in its place after this one. */
  readonly isLast: boolean;
}

/**
 * Work out the next window: as many things that are not in their place as make `windowClusters`,
 * at least one, and whatever lies between them and is. Reads tables; while this runs and after it
 * others may change them, so whoever moves looks again.
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
  // A table may be what comes next, and the reachability must know all of its place.
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
      // Special values lie before all clusters.
      if (image.isValidOffset(fromBytes, 1)) {
        if (isFull()) return windowUpTo({ toCluster, l1Index, l2Index }, false);
        place({ l1Index, l2Index }, fromBytes, 1);
      }
      l2Index = table.nextUsed(l2Index + 1);
    }
  }
  return windowUpTo({ toCluster, l1Index, l2Index: undefined }, true);
}

/** The ranges of the guest's disk that some moves affect: ascending and apart. */
export function rangesOf(image: QedImage, owners: readonly Owner[]): AccessRange[] {
  const ranges = owners
    .map((owner) => rangeOf(image, owner))
    .sort((a, b) => a.startBytes - b.startBytes);
  const apart: AccessRange[] = [];
  for (const { startBytes, endBytes } of ranges) {
    const last = apart[apart.length - 1];
    if (!last || last.endBytes < startBytes) apart.push({ startBytes, endBytes });
    else if (last.endBytes < endBytes) apart[apart.length - 1] = { ...last, endBytes };
  }
  return apart;
}

/** What a cluster of data maps, or all that an L2 table does. */
function rangeOf({ geometry }: QedImage, { l1Index, l2Index }: Owner): AccessRange {
  const { tableEntries, clusterBytes } = geometry;
  const firstCluster = BigInt(l1Index) * BigInt(tableEntries) + BigInt(l2Index ?? 0);
  const clusterCount = l2Index === undefined ? tableEntries : 1;
  return accessRange(
    firstCluster * BigInt(clusterBytes),
    BigInt(clusterCount) * BigInt(clusterBytes),
  );
}
