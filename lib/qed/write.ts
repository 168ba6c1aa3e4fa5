import type { Operation } from "../storage/request.ts";
import { readBacking } from "./backing.ts";
import { findRun, loadL2Table, type Run, tableIndexes } from "./find_run.ts";
import type { QedImage } from "./image.ts";
import { FEATURE } from "./layout.ts";
import { addBytes } from "./read.ts";
import { Table } from "./table.ts";

/**
 * Store `bytes` on the guest's disk from `offset` (bytes) on: any range, across clusters and
 * tables. Allocated clusters are overwritten in place; others are allocated at the end of the
 * file, in the order of the image's profile (see profile.ts).
 *
 * Crash promise under `strict`: until a later flush has completed each sector of the range holds
 * its old or its new contents; no other sector changes; the image opens.
 *
 * Allocating writes must not overlap in time. Throws {@linkcode ImageError} for a range outside
 * the image or an image that takes no writes, and the storage's error where a request fails.
 */
export function* writeImage(
  image: QedImage,
  offset: number | bigint,
  bytes: Uint8Array,
): Operation<void> {
  image.assertWritable();
  const { clusterBytes } = image.geometry;
  let { clusterIndex, byteInCluster } = image.locate(offset, bytes.length);
  let done = 0;
  while (done < bytes.length) {
    const most = Math.ceil((byteInCluster + bytes.length - done) / clusterBytes);
    const run = yield* findRun(image, clusterIndex, most);
    const length = Math.min(bytes.length - done, run.clusters * clusterBytes - byteInCluster);
    const piece = bytes.subarray(done, done + length);
    if (run.state === "data") {
      yield* writeData(image, run.hostBytes + byteInCluster, piece);
    } else {
      yield* allocate(image, {
        clusterIndex,
        byteInCluster,
        run,
        bytes: piece,
        guestOffset: addBytes(offset, done - byteInCluster),
      });
    }
    done += length;
    clusterIndex += run.clusters;
    byteInCluster = 0;
  }
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

  if (run.state === "no-table") {
    yield* linkNewL2Table(image, clusterIndex, hostBytes, run.clusters);
  } else {
    yield* updateL2Table(image, clusterIndex, hostBytes, run.clusters);
  }
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

/** Point entries of an existing L2 table at new clusters and write the sectors that changed. */
function* updateL2Table(
  image: QedImage,
  clusterIndex: number,
  hostBytes: number,
  clusters: number,
): Operation<void> {
  const index = tableIndexes(image, clusterIndex);
  const table = yield* loadL2Table(image, index.l1);
  if (!table) throw new Error("write: the L2 table is gone");
  const before = table.entry(index.l2);
  setEntries(table, index.l2, hostBytes, clusters, image.geometry.clusterBytes);
  const { offsetBytes, bytes } = table.sectorsOf(index.l2, clusters);
  try {
    yield* image.critical({
      kind: "write",
      file: image.file,
      offsetBytes,
      bytes,
      label: "l2-table",
    });
  } catch (error) {
    setEntries(table, index.l2, before, clusters, 0);
    throw error;
  }
  image.tableChanges++;
  image.l2Cache.put(table);
}

/** Write a whole new L2 table, then the L1 sector that points at it. */
function* linkNewL2Table(
  image: QedImage,
  clusterIndex: number,
  hostBytes: number,
  clusters: number,
): Operation<void> {
  const { tableBytes, tableClusters, clusterBytes } = image.geometry;
  const index = tableIndexes(image, clusterIndex);
  const table = new Table(image.buffers.take(tableBytes), image.allocateClusters(tableClusters));
  setEntries(table, index.l2, hostBytes, clusters, clusterBytes);
  // If this fails, the clusters are lost, but nothing refers to them: the image goes on.
  yield {
    kind: "write",
    file: image.file,
    offsetBytes: table.offsetBytes,
    bytes: table.block.bytes,
    label: "new-l2-table",
  };
  if (image.profile.flushesNewL2Table) yield* image.flush("new L2 table before L1 entry");

  image.l1.setEntry(index.l1, table.offsetBytes);
  const { offsetBytes, bytes } = image.l1.sectorsOf(index.l1, 1);
  try {
    yield* image.critical({
      kind: "write",
      file: image.file,
      offsetBytes,
      bytes,
      label: "l1-table",
    });
  } catch (error) {
    image.l1.setEntry(index.l1, 0);
    throw error;
  }
  image.l2Cache.put(table);
}

function setEntries(
  table: Table,
  index: number,
  first: number,
  count: number,
  stepBytes: number,
): void {
  for (let i = 0; i < count; i++) table.setEntry(index + i, first + i * stepBytes);
}
