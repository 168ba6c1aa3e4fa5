import type { Operation } from "../../storage/request.ts";
import { readBacking } from "./read.ts";
import { type ClusterExtent, loadL2Table, tableIndexes } from "./lookup.ts";
import { takeClusters } from "../image/take_clusters.ts";
import type { QedImage } from "../image/image.ts";
import { FEATURE } from "../format/layout.ts";
import { addBytes } from "./read.ts";
import { Table } from "../format/table.ts";
import { type EntryChange, setEntries, updateEntries } from "../image/update_entries.ts";

/** A write to adjacent guest clusters that are not allocated yet. */
export interface Allocation {
  /** The index of the first cluster of the guest's disk. */
  readonly clusterIndex: number;
  /** The offset of the bytes in that cluster. */
  readonly byteInCluster: number;
  /** The clusters as the tables map them. */
  readonly extent: ClusterExtent;
  /** The guest's data; not more than the clusters hold. */
  readonly bytes: Uint8Array;
  /** The start of the first cluster on the guest's disk, in bytes. */
  readonly guestOffset: number | bigint;
}

/**
 * Allocate clusters and write to them, in the order of the profile. Returns the number of bytes
 * written: as many as fit into the adjacent clusters that were available. Needs the allocation
 * lock.
 */
export function* allocate(image: QedImage, wanted: Allocation): Operation<number> {
  const { clusterBytes } = image.geometry;
  const comesFirst = dataMustComeFirst(image);
  yield* prepareAllocation(image);
  const { hostBytes, clusters } = yield* takeClusters(image, wanted.extent.clusters, comesFirst);
  const bytes = wanted.bytes.subarray(0, clusters * clusterBytes - wanted.byteInCluster);
  const allocation = { ...wanted, bytes, extent: { ...wanted.extent, clusters } };
  if (image.profile.fill === "joined") yield* writeJoined(image, allocation, hostBytes);
  else yield* writeSeparately(image, allocation, hostBytes);
  if (comesFirst) yield* image.flush("data before L2 entry");

  const index = tableIndexes(image, wanted.clusterIndex);
  const change = { index: index.l2, count: clusters, first: hostBytes, stepBytes: clusterBytes };
  if (wanted.extent.state === "no-table") {
    yield* linkNewL2Table(image, index.l1, (table) => setEntries(table, change));
  } else yield* updateL2Table(image, index.l1, change);
  return bytes.length;
}

/**
 * Prepare the file for the first allocation: cut off stale bytes at the place of the next cluster,
 * and set NEED_CHECK.
 */
export function* prepareAllocation(image: QedImage): Operation<void> {
  yield* cutTornTail(image);
  const protects = image.profile.needCheck !== "never" && image.header.layout === "final" &&
    image.backingName === undefined;
  if (!protects || image.needsCheck) return;
  yield* image.updateHeader({ features: image.header.features | FEATURE.NEED_CHECK });
  if (image.profile.needCheck === "flushed") yield* image.flush("NEED_CHECK before allocation");
}

/**
 * If the profile requires it, cut off the partial cluster that a crash left at the end of the file.
 */
export function* cutTornTail(image: QedImage): Operation<void> {
  if (!image.hasTornTail || image.profile.partialTail !== "cut-off") return;
  yield* image.requestOrFail({
    kind: "resize",
    file: image.file,
    sizeBytes: image.endBytes,
    label: "torn tail",
  });
  image.hasTornTail = false;
}

/**
 * Whether data must be durable before its L2 entry is written: with a backing file, whose data the
 * entry hides, and in the rfc layout, which has no NEED_CHECK.
 */
export function dataMustComeFirst(image: QedImage): boolean {
  if (image.backingName !== undefined) return image.profile.flushesDataForBacking;
  return image.header.layout === "rfc" && image.profile.needCheck === "flushed";
}

/** Write the data together with the rest of its first and last cluster. */
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

/** Write the bytes before the data in its cluster, those after it, then the data: three writes. */
function* writeSeparately(
  image: QedImage,
  allocation: Allocation,
  hostBytes: number,
): Operation<void> {
  const { clusterBytes } = image.geometry;
  const { bytes, byteInCluster, extent } = allocation;
  const end = byteInCluster + bytes.length;
  for (const [from, to] of [[0, byteInCluster], [end, extent.clusters * clusterBytes]]) {
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

/**
 * Read the guest's bytes around its write: `into.length` bytes, `fromBytes` into the allocation.
 */
function* readSurroundings(
  image: QedImage,
  allocation: Allocation,
  fromBytes: number,
  into: Uint8Array,
): Operation<void> {
  const hidesBacking = allocation.extent.state === "zero" && !image.profile.fillsZeroesFromBacking;
  if (hidesBacking || image.backingName === undefined) into.fill(0);
  else yield* readBacking(image, addBytes(allocation.guestOffset, fromBytes), into);
}

/** Write the guest's data to the file. */
export function* writeData(
  image: QedImage,
  offsetBytes: number,
  bytes: Uint8Array,
): Operation<void> {
  yield { kind: "write", file: image.file, offsetBytes, bytes, label: "data" };
}

/** Change entries of an existing L2 table. Needs the allocation lock. */
export function* updateL2Table(
  image: QedImage,
  l1Index: number,
  change: EntryChange,
): Operation<void> {
  const table = yield* loadL2Table(image, l1Index);
  if (!table) throw new Error("write: the L2 table is gone");
  yield* updateEntries(image, table, change);
  image.l2Cache.put(table);
}

/**
 * Write a new L2 table with the entries that `fill` sets, then the L1 sector. Needs the allocation
 * lock.
 */
export function* linkNewL2Table(
  image: QedImage,
  l1Index: number,
  fill: (table: Table) => void,
): Operation<void> {
  const table = yield* writeNewL2Table(image, fill);
  if (image.profile.flushesNewL2Table) yield* image.flush("new L2 table before L1 entry");

  const entry = { index: l1Index, count: 1, first: table.offsetBytes, stepBytes: 0 };
  yield* updateEntries(image, image.l1, entry);
  image.l2Cache.put(table);
}

/**
 * Write a new L2 table with the entries that `fill` sets; no entry points at it yet. If this fails,
 * its clusters are leaked, but the image stays usable. Needs the allocation lock.
 */
export function* writeNewL2Table(
  image: QedImage,
  fill: (table: Table) => void,
): Operation<Table> {
  const { tableBytes, tableClusters } = image.geometry;
  const table = new Table(image.buffers.take(tableBytes), image.allocateClusters(tableClusters));
  fill(table);
  yield {
    kind: "write",
    file: image.file,
    offsetBytes: table.offsetBytes,
    bytes: table.block.bytes,
    label: "new-l2-table",
  };
  return table;
}
