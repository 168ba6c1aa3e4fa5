/**
 * Reclaiming leaked clusters.
 *
 * A file without leaks consists of the header and its used clusters, so its new end is known
 * beforehand. Used clusters after that end move into holes before it, L2 tables first, since they
 * need holes of several clusters; then the file is cut.
 *
 * Moves are those of relocate.ts, in batches: a crash at any point leaves every entry pointing at a
 * complete cluster, and at most leaks.
 *
 * @module
 */
import type { Operation } from "../../storage/request.ts";
import { loadL2Table } from "../io/lookup.ts";
import type { QedImage } from "../image/image.ts";
import { type DataMove, moveData, moveTables, type TableMove } from "../io/relocate.ts";
import type { Table } from "../format/table.ts";
import type { TableWalk } from "./table_walk.ts";

/** The number of clusters in a batch, which is also the number leaked by a crash during one. */
const BATCH_CLUSTERS = 1024;

/**
 * Move clusters from the end of the file into holes and cut the file, and update the result of
 * `walk`, which must have found neither corruptions nor check errors. A table for which no hole is
 * long enough stays in place, and so do the leaks before it. Needs the lock of the whole disk and
 * the allocation lock.
 */
export function* reclaimLeaks(walk: TableWalk): Operation<void> {
  const { image, used, result } = walk;
  const { clusterBytes } = image.geometry;
  const { headerClusters } = image.header;
  const leaksBefore = result.leaks;
  // No entry that a crash could restore may refer to a hole or to the end to cut off, and the
  // program that wrote the tables may have been killed before a flush.
  yield* image.flush("entries before leaked clusters are used");
  // Now and not at the end: after a failed move the image stays in use, with some holes filled.
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

/** Cut the file after its last used cluster; every entry must be durable. */
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

/** The end of the file if every cluster that can move does; the L1 table stays. */
function lowestEnd(walk: TableWalk): number {
  const { l1, geometry, header } = walk.image;
  const l1End = l1.offsetBytes / geometry.clusterBytes + geometry.tableClusters;
  return Math.max(header.headerClusters + walk.used.size, l1End);
}

/** Move L2 tables that reach past `endCluster`. Returns the possible end of the file. */
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

/** The L1 indexes of tables that reach past `endCluster`, the last table in the file first. */
function tablesFromTheEnd(image: QedImage, endCluster: number): number[] {
  const { l1, geometry } = image;
  const firstInside = (endCluster - geometry.tableClusters) * geometry.clusterBytes;
  const indexes: number[] = [];
  for (let i = l1.nextUsed(0); i < geometry.tableEntries; i = l1.nextUsed(i + 1)) {
    if (l1.entry(i) > firstInside) indexes.push(i);
  }
  return indexes.sort((a, b) => l1.entry(b) - l1.entry(a));
}

/**
 * The first hole from `from` on that fits a table; past `endCluster` if there is none before it.
 */
function findHole(walk: TableWalk, from: number, endCluster: number): number {
  const { tableClusters } = walk.image.geometry;
  let start = from;
  for (let i = from; i < endCluster && i - start < tableClusters; i++) {
    if (walk.used.has(i)) start = i + 1;
  }
  return start;
}

/** Move data clusters from after `endCluster` into holes; there are enough holes. */
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

/** The first index from `from` on whose entry points at `endBytes` or later. */
function nextBehind(table: Table, from: number, endBytes: number): number {
  const entries = table.block.words.length / 2;
  let index = from;
  while (index < entries && table.entry(index) < endBytes) index++;
  return index;
}
