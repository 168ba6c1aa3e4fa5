/**
 * Giving leaked clusters back.
 *
 * Behind the header a file without leaks is exactly as long as its clusters in use, so the end it
 * could have is known beforehand. Whatever is in use behind that end moves into a hole before it,
 * L2 tables first, since they need a hole of several clusters; then the file is cut.
 *
 * Moves are those of relocate.ts, in batches: a crash at any point leaves every entry pointing at
 * a complete cluster, and at most leaks.
 *
 * @module
 */
import type { Operation } from "../../storage/request.ts";
import { loadL2Table } from "../io/lookup.ts";
import type { QedImage } from "../image/image.ts";
import { type DataMove, moveData, moveTables, type TableMove } from "../io/relocate.ts";
import type { Table } from "../format/table.ts";
import type { TableWalk } from "./table_walk.ts";

/** How many clusters are moved at a time: as many are leaked if a crash comes in between. */
const BATCH_CLUSTERS = 1024;

/**
 * Move clusters from the end of the file into holes and cut the file, and correct the result of
 * `walk`, which must have found neither corruptions nor check errors. A table for which there is
 * no hole that is long enough stays where it is, and with it the leaks before it. The whole disk
 * must be held, and the turn of those who change tables taken.
 */
export function* reclaimLeaks(walk: TableWalk): Operation<void> {
  const { image, used, result } = walk;
  const { clusterBytes } = image.geometry;
  const { headerClusters } = image.header;
  const leaksBefore = result.leaks;
  // Holes may be used, and the end cut off, only if no entry that a crash could bring back refers to
  // them; and whoever wrote what was walked may have been killed before a flush.
  yield* image.flush("entries before leaked clusters are used");
  // Now and not at the end: if a move fails, the image goes on with the holes that are filled.
  image.free.clear();
  let endCluster = lowestEnd(walk);
  if (result.imageEndBytes > endCluster * clusterBytes) {
    endCluster = yield* moveTablesInto(walk, endCluster);
    yield* moveDataInto(walk, endCluster);
  }
  yield* cutFile(image, endCluster * clusterBytes);
  result.imageEndBytes = endCluster * clusterBytes;
  result.leaks = endCluster - headerClusters - used.size;
  result.leaksFixed = leaksBefore - result.leaks;
}

/** Cut the file behind its last cluster in use; every entry must be durable already. */
export function* cutFile(image: QedImage, endBytes: number): Operation<void> {
  const { file } = image;
  yield* image.requestOrFail({
    kind: "resize",
    file,
    sizeBytes: endBytes,
    label: "leaked clusters",
  });
  yield* image.flush("leaked clusters");
  image.endBytes = endBytes;
  image.hasTornTail = false;
  image.free.clear();
}

/** Where the file could end if everything that can move did; the L1 table stays. */
function lowestEnd(walk: TableWalk): number {
  const { l1, geometry, header } = walk.image;
  const l1End = l1.offsetBytes / geometry.clusterBytes + geometry.tableClusters;
  return Math.max(header.headerClusters + walk.used.size, l1End);
}

/** Move L2 tables that reach behind `endCluster`. Answers where the file can really end. */
function* moveTablesInto(walk: TableWalk, endCluster: number): Operation<number> {
  const { image, used } = walk;
  const { tableClusters, clusterBytes } = image.geometry;
  const moves: TableMove[] = [];
  let hole = image.header.headerClusters;
  let end = endCluster;
  for (const l1Index of tablesFromTheEnd(image, endCluster)) {
    const fromBytes = image.l1.entry(l1Index);
    hole = findHole(walk, hole, endCluster);
    if (hole + tableClusters > endCluster) {
      // All tables left are before this one.
      end = fromBytes / clusterBytes + tableClusters;
      break;
    }
    walk.markTable(hole * clusterBytes);
    moves.push({ l1Index, fromBytes, toBytes: hole * clusterBytes });
  }
  yield* moveTables(image, moves);
  for (const { fromBytes } of moves) {
    for (let i = 0; i < tableClusters; i++) used.delete(fromBytes / clusterBytes + i);
  }
  return end;
}

/** The L1 indexes of tables that reach behind `endCluster`, the last table in the file first. */
function tablesFromTheEnd(image: QedImage, endCluster: number): number[] {
  const { l1, geometry } = image;
  const firstInside = (endCluster - geometry.tableClusters) * geometry.clusterBytes;
  const indexes: number[] = [];
  for (let i = l1.nextUsed(0); i < geometry.tableEntries; i = l1.nextUsed(i + 1)) {
    if (l1.entry(i) > firstInside) indexes.push(i);
  }
  return indexes.sort((a, b) => l1.entry(b) - l1.entry(a));
}

/** The first place from `from` on, before `endCluster`, where a table fits, or one behind that. */
function findHole(walk: TableWalk, from: number, endCluster: number): number {
  const { tableClusters } = walk.image.geometry;
  let start = from;
  for (let i = from; i < endCluster && i - start < tableClusters; i++) {
    if (walk.used.has(i)) start = i + 1;
  }
  return start;
}

/** Move data clusters from behind `endCluster` into holes; there are enough of them. */
function* moveDataInto(walk: TableWalk, endCluster: number): Operation<void> {
  const { image, used } = walk;
  const { tableEntries, clusterBytes } = image.geometry;
  const { l1 } = image;
  const endBytes = endCluster * clusterBytes;
  let hole = image.header.headerClusters;
  let moves: DataMove[] = [];
  for (let l1Index = l1.nextUsed(0); l1Index < tableEntries; l1Index = l1.nextUsed(l1Index + 1)) {
    const table = yield* loadL2Table(image, l1Index);
    if (!table) continue;
    for (
      let l2Index = nextBehind(table, 0, endBytes);
      l2Index < tableEntries;
      l2Index = nextBehind(table, l2Index + 1, endBytes)
    ) {
      while (used.has(hole)) hole++;
      if (hole >= endCluster) throw new Error("reclaim: more clusters than holes");
      const fromBytes = table.entry(l2Index);
      moves.push({ l1Index, l2Index, fromBytes, toBytes: hole * clusterBytes });
      used.add(hole);
      used.delete(fromBytes / clusterBytes);
      if (moves.length < BATCH_CLUSTERS) continue;
      yield* moveData(image, moves);
      moves = [];
    }
  }
  yield* moveData(image, moves);
}

/** The first index from `from` on whose entry points at `endBytes` or behind it. */
function nextBehind(table: Table, from: number, endBytes: number): number {
  const entries = table.block.words.length / 2;
  let index = from;
  while (index < entries && table.entry(index) < endBytes) index++;
  return index;
}
