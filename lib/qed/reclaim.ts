/**
 * Giving leaked clusters back.
 *
 * Behind the header a file without leaks is exactly as long as its clusters in use, so the end it
 * could have is known beforehand. Whatever is in use behind that end moves into a hole before it,
 * L2 tables first, since they need a hole of several clusters; then the file is cut.
 *
 * Each move is copy, flush, point the entry at the copy, flush; the file is cut after the last of
 * them. Copies go only where nothing refers to, and the original stays until the cut, so a crash
 * at any point leaves every entry pointing at a complete cluster, and at most leaks.
 *
 * @module
 */
import type { Operation } from "../storage/request.ts";
import { readTable } from "./find_run.ts";
import type { QedImage } from "./image.ts";
import { Table } from "./table.ts";
import { noteSector, writeSectors } from "./table_sectors.ts";
import type { Walk } from "./walk.ts";

/**
 * Move clusters from the end of the file into holes and cut the file, and correct the result of
 * `walk`, which must have found neither corruptions nor check errors. A table for which there is
 * no hole that is long enough stays where it is, and with it the leaks before it.
 */
export function* reclaimLeaks(walk: Walk): Operation<void> {
  const { image, used, result } = walk;
  const { clusterBytes } = image.geometry;
  const { headerClusters } = image.header;
  const leaksBefore = result.leaks;
  let endCluster = lowestEnd(walk);
  if (result.imageEndBytes > endCluster * clusterBytes) {
    // Cached tables would go on pointing at the old places.
    image.l2Cache.clear();
    endCluster = yield* moveTables(walk, endCluster);
    yield* moveData(walk, endCluster);
  }
  yield* cutFile(image, endCluster * clusterBytes);
  result.imageEndBytes = endCluster * clusterBytes;
  result.leaks = endCluster - headerClusters - used.size;
  result.leaksFixed = leaksBefore - result.leaks;
}

/** Where the file could end if everything that can move did; the L1 table stays. */
function lowestEnd(walk: Walk): number {
  const { l1, geometry, header } = walk.image;
  const l1End = l1.offsetBytes / geometry.clusterBytes + geometry.tableClusters;
  return Math.max(header.headerClusters + walk.used.size, l1End);
}

/** Move L2 tables that reach behind `endCluster`. Answers where the file can really end. */
function* moveTables(walk: Walk, endCluster: number): Operation<number> {
  const { image, used } = walk;
  const { tableClusters, clusterBytes, tableBytes } = image.geometry;
  const moves: { readonly l1Index: number; readonly toCluster: number }[] = [];
  const table = new Table(image.buffers.take(tableBytes), 0);
  let hole = image.header.headerClusters;
  for (const l1Index of tablesFromTheEnd(image, endCluster)) {
    table.offsetBytes = image.l1.entry(l1Index);
    hole = findHole(walk, hole, endCluster);
    if (hole + tableClusters > endCluster) {
      // All tables left are before this one.
      endCluster = table.offsetBytes / clusterBytes + tableClusters;
      break;
    }
    yield* readTable(image, table);
    table.offsetBytes = hole * clusterBytes;
    walk.markTable(table.offsetBytes);
    moves.push({ l1Index, toCluster: hole });
    yield* image.critical({
      kind: "write",
      file: image.file,
      offsetBytes: table.offsetBytes,
      bytes: table.block.bytes,
      label: "moved-l2-table",
    });
  }
  if (moves.length === 0) return endCluster;

  yield* image.flush("moved L2 tables before L1 entries");
  const sectors: number[] = [];
  for (const { l1Index, toCluster } of moves.sort((a, b) => a.l1Index - b.l1Index)) {
    const from = image.l1.entry(l1Index) / clusterBytes;
    for (let i = 0; i < tableClusters; i++) used.delete(from + i);
    image.l1.setEntry(l1Index, toCluster * clusterBytes);
    noteSector(sectors, l1Index);
  }
  yield* writeSectors(image, image.l1, sectors);
  yield* image.flush("L1 entries before old L2 tables are reused");
  return endCluster;
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
function findHole(walk: Walk, from: number, endCluster: number): number {
  const { tableClusters } = walk.image.geometry;
  let start = from;
  for (let i = from; i < endCluster && i - start < tableClusters; i++) {
    if (walk.used.has(i)) start = i + 1;
  }
  return start;
}

/** Move data clusters from behind `endCluster` into holes; there are enough of them. */
function* moveData(walk: Walk, endCluster: number): Operation<void> {
  const { image, used } = walk;
  const { tableEntries, tableBytes, clusterBytes } = image.geometry;
  const { l1 } = image;
  const endBytes = endCluster * clusterBytes;
  const table = new Table(image.buffers.take(tableBytes), 0);
  const buffer = image.buffers.take(clusterBytes).bytes;
  let hole = image.header.headerClusters;
  for (let l1Index = l1.nextUsed(0); l1Index < tableEntries; l1Index = l1.nextUsed(l1Index + 1)) {
    table.offsetBytes = l1.entry(l1Index);
    yield* readTable(image, table);
    const sectors: number[] = [];
    for (
      let i = nextBehind(table, 0, endBytes);
      i < tableEntries;
      i = nextBehind(table, i + 1, endBytes)
    ) {
      while (used.has(hole)) hole++;
      if (hole >= endCluster) throw new Error("reclaim: more clusters than holes");
      const fromBytes = table.entry(i);
      yield* copyCluster(image, { fromBytes, toBytes: hole * clusterBytes, buffer });
      table.setEntry(i, hole * clusterBytes);
      noteSector(sectors, i);
      used.add(hole);
      used.delete(fromBytes / clusterBytes);
    }
    if (sectors.length === 0) continue;
    yield* image.flush("moved data before L2 entries");
    yield* writeSectors(image, table, sectors);
  }
}

/** The first index from `from` on whose entry points at `endBytes` or behind it. */
function nextBehind(table: Table, from: number, endBytes: number): number {
  const entries = table.block.words.length / 2;
  let index = from;
  while (index < entries && table.entry(index) < endBytes) index++;
  return index;
}

function* copyCluster(
  image: QedImage,
  copy: { readonly fromBytes: number; readonly toBytes: number; readonly buffer: Uint8Array },
): Operation<void> {
  const { file } = image;
  const { fromBytes, toBytes, buffer } = copy;
  const label = "moved-data";
  const moved = yield { kind: "read", file, offsetBytes: fromBytes, into: buffer, label };
  buffer.fill(0, moved);
  yield* image.critical({ kind: "write", file, offsetBytes: toBytes, bytes: buffer, label });
}

/** Cut the file behind its last cluster in use; every entry must be durable already. */
function* cutFile(image: QedImage, endBytes: number): Operation<void> {
  yield* image.flush("entries before the file is cut");
  const { file } = image;
  yield* image.critical({ kind: "resize", file, sizeBytes: endBytes, label: "leaked clusters" });
  yield* image.flush("leaked clusters");
  image.endBytes = endBytes;
  image.hasTornTail = false;
}
