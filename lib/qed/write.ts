import type { Operation } from "../storage/request.ts";
import { accessRange } from "./accesses.ts";
import { readBacking } from "./backing.ts";
import { findRun, loadL2Table, type Run, tableIndexes } from "./find_run.ts";
import type { GuestPosition, QedImage } from "./image.ts";
import { FEATURE } from "./layout.ts";
import { addBytes } from "./read.ts";
import { Table } from "./table.ts";
import { type EntryChange, setEntries, updateEntries } from "./update_entries.ts";

/**
 * Store `bytes` on the guest's disk from `offset` (bytes) on: any range, across clusters and
 * tables. Allocated clusters are overwritten in place; others are allocated at the end of the
 * file, in the order of the image's profile (see profile.ts).
 *
 * Crash promise under `strict`: until a later flush has completed each sector of the range holds
 * its old or its new contents; no other sector changes; the image opens.
 *
 * Many may run at once: those that overlap wait for each other, and of those that allocate one at
 * a time does, in the order in which they come to it. Throws {@linkcode ImageError} for a range
 * outside the image or an image that takes no writes, and the storage's error where a request
 * fails.
 */
export function* writeImage(
  image: QedImage,
  offset: number | bigint,
  bytes: Uint8Array,
): Operation<void> {
  image.assertWritable();
  const position = image.locate(offset, bytes.length);
  const range = accessRange(offset, bytes.length);
  yield* image.holding(range, "change", writePieces(image, { offset, position, bytes }));
}

/** What is left to write of a request. */
interface Piece {
  /** Where it goes on the guest's disk, in bytes. */
  readonly offset: number | bigint;
  /** The same place as cluster and byte. */
  readonly position: GuestPosition;
  readonly bytes: Uint8Array;
}

function* writePieces(image: QedImage, request: Piece): Operation<void> {
  for (let piece = request; piece.bytes.length > 0;) {
    const run = yield* findPieceRun(image, piece);
    const isInPlace = run.state === "data";
    const done = isInPlace
      ? yield* writeRun(image, run, piece)
      : yield* image.alone(writeInTurn(image, piece));
    const bytes = piece.bytes.subarray(done);
    if (bytes.length === 0) return;
    const offset = addBytes(piece.offset, done);
    piece = { offset, bytes, position: image.locate(offset, bytes.length) };
  }
}

/** Look a piece up anew, for others may have allocated it meanwhile, and write what is alike. */
function* writeInTurn(image: QedImage, piece: Piece): Operation<number> {
  image.assertWritable();
  return yield* writeRun(image, yield* findPieceRun(image, piece), piece);
}

function findPieceRun(image: QedImage, { position, bytes }: Piece): Operation<Run> {
  const { clusterIndex, byteInCluster } = position;
  const clusters = Math.ceil((byteInCluster + bytes.length) / image.geometry.clusterBytes);
  return findRun(image, clusterIndex, clusters);
}

/** Write the part of a piece that `run` covers. Answers how many bytes that is. */
function* writeRun(image: QedImage, run: Run, piece: Piece): Operation<number> {
  const { clusterIndex, byteInCluster } = piece.position;
  const covered = run.clusters * image.geometry.clusterBytes - byteInCluster;
  const bytes = piece.bytes.subarray(0, covered);
  if (run.state === "data") {
    yield* writeData(image, run.hostBytes + byteInCluster, bytes);
  } else {
    const guestOffset = addBytes(piece.offset, -byteInCluster);
    yield* allocate(image, { clusterIndex, byteInCluster, run, bytes, guestOffset });
  }
  return bytes.length;
}

/** A write into clusters that follow each other and are not allocated yet. */
interface Allocation {
  readonly clusterIndex: number;
  readonly byteInCluster: number;
  readonly run: Run;
  readonly bytes: Uint8Array;
  /** Where the first cluster starts on the guest's disk. */
  readonly guestOffset: number | bigint;
}

function* allocate(image: QedImage, allocation: Allocation): Operation<void> {
  const { run, clusterIndex } = allocation;
  yield* prepareAllocation(image);
  const hostBytes = image.allocateClusters(run.clusters);
  if (image.profile.fill === "joined") yield* writeJoined(image, allocation, hostBytes);
  else yield* writeSeparately(image, allocation, hostBytes);
  if (dataMustComeFirst(image)) yield* image.flush("data before L2 entry");

  const index = tableIndexes(image, clusterIndex);
  const stepBytes = image.geometry.clusterBytes;
  const change = { index: index.l2, count: run.clusters, first: hostBytes, stepBytes };
  if (run.state === "no-table") yield* linkNewL2Table(image, index.l1, change);
  else yield* updateL2Table(image, index.l1, change);
}

/**
 * What must be on disk before the first allocation: no stale bytes where the next cluster goes,
 * and NEED_CHECK.
 */
function* prepareAllocation(image: QedImage): Operation<void> {
  if (image.hasTornTail && image.profile.partialTail === "cut-off") {
    yield* image.critical({
      kind: "resize",
      file: image.file,
      sizeBytes: image.endBytes,
      label: "torn tail",
    });
    image.hasTornTail = false;
  }
  const protects = image.profile.needCheck !== "never" && image.header.layout === "final" &&
    image.backingName === undefined;
  if (!protects || image.needsCheck) return;
  yield* image.updateHeader({ features: image.header.features | FEATURE.NEED_CHECK });
  if (image.profile.needCheck === "flushed") yield* image.flush("NEED_CHECK before allocation");
}

/**
 * Whether an L2 entry may only follow durable data: with a backing file, whose data it hides, and
 * in the rfc layout, which has no NEED_CHECK to fall back on.
 */
function dataMustComeFirst(image: QedImage): boolean {
  if (image.backingName !== undefined) return image.profile.flushesDataForBacking;
  return image.header.layout === "rfc" && image.profile.needCheck === "flushed";
}

/** Data and what surrounds it in its first and last cluster go out together. */
function* writeJoined(image: QedImage, allocation: Allocation, hostBytes: number): Operation<void> {
  const { clusterBytes } = image.geometry;
  const { bytes, byteInCluster } = allocation;
  let position = byteInCluster;
  let done = 0;
  while (done < bytes.length) {
    const inCluster = position % clusterBytes;
    const left = bytes.length - done;
    const whole = inCluster === 0 ? left - left % clusterBytes : 0;
    const length = whole || Math.min(left, clusterBytes - inCluster);
    const piece = bytes.subarray(done, done + length);
    const clusterAt = position - inCluster;
    if (whole) {
      yield* writeData(image, hostBytes + clusterAt, piece);
    } else {
      const cluster = image.buffers.take(clusterBytes).bytes;
      yield* readSurroundings(image, allocation, clusterAt, cluster.subarray(0, inCluster));
      const end = inCluster + length;
      yield* readSurroundings(image, allocation, clusterAt + end, cluster.subarray(end));
      cluster.set(piece, inCluster);
      yield* writeData(image, hostBytes + clusterAt, cluster);
    }
    position += length;
    done += length;
  }
}

/** What precedes the data in its cluster, what follows it, then the data: three writes. */
function* writeSeparately(
  image: QedImage,
  allocation: Allocation,
  hostBytes: number,
): Operation<void> {
  const { clusterBytes } = image.geometry;
  const { bytes, byteInCluster, run } = allocation;
  const end = byteInCluster + bytes.length;
  for (const [from, to] of [[0, byteInCluster], [end, run.clusters * clusterBytes]]) {
    if (from === to) continue;
    const filling = image.buffers.take(clusterBytes).bytes.subarray(0, to - from);
    yield* readSurroundings(image, allocation, from, filling);
    yield {
      kind: "write",
      file: image.file,
      offsetBytes: hostBytes + from,
      bytes: filling,
      label: "fill",
    };
  }
  yield* writeData(image, hostBytes + byteInCluster, bytes);
}

/** What the guest saw around its write: `into.length` bytes, `fromBytes` into the allocation. */
function* readSurroundings(
  image: QedImage,
  allocation: Allocation,
  fromBytes: number,
  into: Uint8Array,
): Operation<void> {
  const hidesBacking = allocation.run.state === "zero" && !image.profile.fillsZeroesFromBacking;
  if (hidesBacking || image.backingName === undefined) into.fill(0);
  else yield* readBacking(image, addBytes(allocation.guestOffset, fromBytes), into);
}

function* writeData(image: QedImage, offsetBytes: number, bytes: Uint8Array): Operation<void> {
  yield { kind: "write", file: image.file, offsetBytes, bytes, label: "data" };
}

/** Change entries of an existing L2 table. */
function* updateL2Table(image: QedImage, l1Index: number, change: EntryChange): Operation<void> {
  const table = yield* loadL2Table(image, l1Index);
  if (!table) throw new Error("write: the L2 table is gone");
  yield* updateEntries(image, table, change);
  image.l2Cache.put(table);
}

/** Write a whole new L2 table, then the L1 sector that points at it. */
function* linkNewL2Table(image: QedImage, l1Index: number, change: EntryChange): Operation<void> {
  const { tableBytes, tableClusters } = image.geometry;
  const table = new Table(image.buffers.take(tableBytes), image.allocateClusters(tableClusters));
  setEntries(table, change);
  // If this fails, the clusters are lost, but nothing refers to them: the image goes on.
  yield {
    kind: "write",
    file: image.file,
    offsetBytes: table.offsetBytes,
    bytes: table.block.bytes,
    label: "new-l2-table",
  };
  if (image.profile.flushesNewL2Table) yield* image.flush("new L2 table before L1 entry");

  const entry = { index: l1Index, count: 1, first: table.offsetBytes, stepBytes: 0 };
  yield* updateEntries(image, image.l1, entry);
  image.l2Cache.put(table);
}
