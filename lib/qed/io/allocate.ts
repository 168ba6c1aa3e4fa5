import type { Operation } from "../../storage/request.ts";
import { readBacking } from "./read.ts";
import { type ClusterExtent, loadL2Table, tableIndexes } from "./lookup.ts";
import { takeClusters } from "../image/take_clusters.ts";
import type { QedImage } from "../image/image.ts";
import { FEATURE } from "../format/layout.ts";
import { addBytes } from "./read.ts";
import { Table } from "../format/table.ts";
import { type EntryChange, setEntries, updateEntries } from "../image/update_entries.ts";

/** A write into clusters that follow each other and are not allocated yet. */
export interface Allocation {
  /** The first cluster of the guest's disk. */
  readonly clusterIndex: number;
  /** Where in it the bytes go. */
  readonly byteInCluster: number;
  /** What the tables say of the clusters. */
  readonly run: ClusterExtent;
  /** What the guest writes; not more than the run covers. */
  readonly bytes: Uint8Array;
  /** Where the first cluster starts on the guest's disk. */
  readonly guestOffset: number | bigint;
}

/**
 * Allocate clusters and write to them, in the order of the profile. Answers how many of the bytes
 * are written: as many as go into the clusters that could be had in one piece. Needs the turn.
 */
export function* allocate(image: QedImage, wanted: Allocation): Operation<number> {
  const { clusterBytes } = image.geometry;
  const comesFirst = dataMustComeFirst(image);
  yield* prepareAllocation(image);
  const { hostBytes, clusters } = yield* takeClusters(image, wanted.run.clusters, comesFirst);
  const bytes = wanted.bytes.subarray(0, clusters * clusterBytes - wanted.byteInCluster);
  const allocation = { ...wanted, bytes, run: { ...wanted.run, clusters } };
  if (image.profile.fill === "joined") yield* writeJoined(image, allocation, hostBytes);
  else yield* writeSeparately(image, allocation, hostBytes);
  if (comesFirst) yield* image.flush("data before L2 entry");

  const index = tableIndexes(image, wanted.clusterIndex);
  const change = { index: index.l2, count: clusters, first: hostBytes, stepBytes: clusterBytes };
  if (wanted.run.state === "no-table") {
    yield* linkNewL2Table(image, index.l1, (table) => setEntries(table, change));
  } else yield* updateL2Table(image, index.l1, change);
  return bytes.length;
}

/**
 * What must be on disk before the first allocation: no stale bytes where the next cluster goes,
 * and NEED_CHECK.
 */
export function* prepareAllocation(image: QedImage): Operation<void> {
  yield* cutTornTail(image);
  const protects = image.profile.needCheck !== "never" && image.header.layout === "final" &&
    image.backingName === undefined;
  if (!protects || image.needsCheck) return;
  yield* image.updateHeader({ features: image.header.features | FEATURE.NEED_CHECK });
  if (image.profile.needCheck === "flushed") yield* image.flush("NEED_CHECK before allocation");
}

/** Where the profile asks for it, cut off what a crash left of a cluster at the end of the file. */
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
 * Whether an L2 entry may only follow durable data: with a backing file, whose data it hides, and
 * in the rfc layout, which has no NEED_CHECK to fall back on.
 */
export function dataMustComeFirst(image: QedImage): boolean {
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

/** Write the guest's data to its place in the file. */
export function* writeData(
  image: QedImage,
  offsetBytes: number,
  bytes: Uint8Array,
): Operation<void> {
  yield { kind: "write", file: image.file, offsetBytes, bytes, label: "data" };
}

/** Change entries of an existing L2 table. Needs the turn. */
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

/** Write a whole new L2 table as `fill` has it, then the L1 sector. Needs the turn. */
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
 * Write a whole new L2 table as `fill` has it; nothing points at it yet. If this fails, its clusters
 * are lost, but the image goes on. Needs the turn.
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
