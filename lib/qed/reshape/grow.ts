/**
 * Growing an image: first correct the table entries past the end of the disk, then move the end.
 *
 * The guest cannot read that space before the header changes. So only two rules of order remain:
 * copied data and new L2 tables are durable before an entry points at them, and everything is
 * durable before the header.
 *
 * @module
 */
import type { Operation } from "../../storage/request.ts";
import { cutTornTail, writeNewL2Table } from "../io/allocate.ts";
import { readBacking } from "../io/read.ts";
import { backingBytes } from "../image/backing.ts";
import { loadL2Table, lookup, tableIndexes } from "../io/lookup.ts";
import { ImageError } from "../format/format_error.ts";
import { clustersFor } from "../format/geometry.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED, ZERO_CLUSTER } from "../format/layout.ts";
import type { Table } from "../format/table.ts";
import { noteSector, writeSectors } from "../image/table_sectors.ts";

/** The space to add to an image. */
interface Growth {
  readonly newBytes: bigint;
  /** The first cluster after the old end. */
  readonly firstCluster: number;
  /** The first cluster from there on that is past the end of the backing file. */
  readonly hiddenEnd: number;
  /** The end of the last new cluster. */
  readonly endCluster: number;
  /** If the last cluster of the old size has to be allocated: the offset of its copy, in bytes. */
  readonly copiedBytes?: number;
}

/** Grow the image; the new size is valid, and the caller has both locks. See `resizeImage`. */
export function* growImage(image: QedImage, newBytes: bigint): Operation<void> {
  const growth = yield* prepareLastCluster(image, growthTo(image, newBytes));
  const tables = yield* writeNewTables(image, growth);
  yield* image.flush("data and new L2 tables before entries behind the end");
  yield* linkNewTables(image, tables);
  yield* setOldTables(image, growth);
  yield* image.flush("entries before the new size");
  yield* image.updateHeader({ imageBytes: newBytes });
  yield* image.flush("new size");
}

function growthTo(image: QedImage, newBytes: bigint): Growth {
  const { imageBytes, header } = image;
  const cluster = (bytes: bigint) => clustersFor(image.geometry, bytes);
  const backing = backingBytes(image);
  if (header.layout === "rfc" && backing > imageBytes) {
    throw new ImageError(
      `cannot grow the image of ${imageBytes} bytes: its backing file has ${backing}, and the rfc ` +
        "layout has no zero clusters to hide the rest with; upgrade the layout first",
    );
  }
  const firstCluster = cluster(imageBytes);
  const hidden = backing < newBytes ? backing : newBytes;
  return {
    newBytes,
    firstCluster,
    hiddenEnd: Math.max(firstCluster, cluster(hidden)),
    endCluster: cluster(newBytes),
  };
}

/**
 * Prepare the cluster in which the disk ends: if it is allocated, write zeroes after the end; if it
 * is not and the backing file is longer, copy the part before the end, followed by zeroes.
 */
function* prepareLastCluster(image: QedImage, growth: Growth): Operation<Growth> {
  const { clusterBytes } = image.geometry;
  const { clusterIndex, byteInCluster } = image.locate(image.imageBytes, 0);
  if (byteInCluster === 0) return growth;
  const extent = yield* lookup(image, clusterIndex, 1);
  const bytes = image.buffers.take(clusterBytes).bytes;
  if (extent.state === "data") {
    const tail = bytes.subarray(byteInCluster);
    yield* writeBehindEnd(image, extent.hostBytes + byteInCluster, tail);
    return growth;
  }
  if (extent.state === "zero" || backingBytes(image) <= image.imageBytes) return growth;
  const start = BigInt(clusterIndex) * BigInt(clusterBytes);
  yield* readBacking(image, start, bytes.subarray(0, byteInCluster));
  yield* cutTornTail(image);
  const copiedBytes = image.allocateClusters(1);
  yield* writeBehindEnd(image, copiedBytes, bytes);
  return { ...growth, copiedBytes };
}

function* writeBehindEnd(image: QedImage, offsetBytes: number, bytes: Uint8Array): Operation<void> {
  yield { kind: "write", file: image.file, offsetBytes, bytes, label: "last-cluster" };
}

/** New L2 tables that no entry points at yet: their offsets in bytes by L1 index. */
type NewTables = ReadonlyMap<number, number>;

/** Write an L2 table for each L1 entry that needs one and has none. */
function* writeNewTables(image: QedImage, growth: Growth): Operation<NewTables> {
  const { tableEntries } = image.geometry;
  const tables = new Map<number, number>();
  const first = growth.firstCluster - (growth.copiedBytes === undefined ? 0 : 1);
  if (growth.hiddenEnd === first) return tables;
  const last = tableIndexes(image, growth.hiddenEnd - 1).l1;
  for (let l1Index = Math.floor(first / tableEntries); l1Index <= last; l1Index++) {
    if (image.l1.entry(l1Index) !== UNALLOCATED) continue;
    yield* cutTornTail(image);
    const table = yield* writeNewL2Table(image, (table) => {
      setEntries(image, table, { l1Index, growth });
    });
    tables.set(l1Index, table.offsetBytes);
  }
  return tables;
}

function* linkNewTables(image: QedImage, tables: NewTables): Operation<void> {
  const sectors: number[] = [];
  for (const [l1Index, offsetBytes] of tables) {
    image.l2Cache.forget(offsetBytes);
    image.l1.setEntry(l1Index, offsetBytes);
    noteSector(sectors, l1Index);
  }
  yield* writeSectors(image, image.l1, sectors);
}

/** Change the entries of existing L2 tables for the space past the end. */
function* setOldTables(image: QedImage, growth: Growth): Operation<void> {
  const { firstCluster, endCluster, copiedBytes } = growth;
  const first = tableIndexes(image, firstCluster - (copiedBytes === undefined ? 0 : 1)).l1;
  const last = tableIndexes(image, endCluster - 1).l1;
  for (
    let l1Index = image.l1.nextUsed(first);
    l1Index <= last;
    l1Index = image.l1.nextUsed(l1Index + 1)
  ) {
    const table = yield* loadL2Table(image, l1Index);
    if (!table) continue;
    yield* writeSectors(image, table, setEntries(image, table, { l1Index, growth }));
    image.l2Cache.put(table);
  }
  image.tableChanges++;
}

/** Set the entries of one table, in memory. Returns the sectors with changes. */
function setEntries(
  image: QedImage,
  table: Table,
  { l1Index, growth }: { readonly l1Index: number; readonly growth: Growth },
): number[] {
  const { tableEntries } = image.geometry;
  const { firstCluster, hiddenEnd, endCluster, copiedBytes } = growth;
  const base = l1Index * tableEntries;
  const sectors: number[] = [];
  const set = (index: number, value: number) => {
    if (table.entry(index) === value) return;
    table.setEntry(index, value);
    noteSector(sectors, index);
  };
  const last = firstCluster - 1 - base;
  if (copiedBytes !== undefined && last >= 0 && last < tableEntries) set(last, copiedBytes);
  const end = Math.min(endCluster - base, tableEntries);
  for (let index = Math.max(0, firstCluster - base); index < end; index++) {
    // A zero cluster stays one, even if there is nothing to hide.
    if (table.entry(index) === ZERO_CLUSTER && image.header.layout === "final") continue;
    set(index, base + index < hiddenEnd ? ZERO_CLUSTER : UNALLOCATED);
  }
  return sectors;
}
