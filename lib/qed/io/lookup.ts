import type { Operation, ReadRequest } from "../../storage/request.ts";
import { FormatError } from "../format/format_error.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED, ZERO_CLUSTER } from "../format/layout.ts";
import { Table } from "../format/table.ts";

/** Adjacent guest clusters with the same state, as an L2 table maps them. */
export interface ClusterExtent {
  /**
   * `data`: in the file. `zero`: zero clusters. `unallocated`: read from the backing file.
   * `no-table`: unallocated, and there is no L2 table.
   */
  readonly state: "data" | "zero" | "unallocated" | "no-table";
  /** For `data`: the offset of the first cluster in the file, in bytes; the others follow it. */
  readonly hostBytes: number;
  /** The number of clusters. */
  readonly clusters: number;
}

/** The indexes of a guest cluster in the L1 table and in its L2 table. */
interface TableIndexes {
  readonly l1: number;
  readonly l2: number;
}

/** Compute the table indexes of a guest cluster. */
export function tableIndexes(image: QedImage, clusterIndex: number): TableIndexes {
  const { tableEntries } = image.geometry;
  const l1 = Math.floor(clusterIndex / tableEntries);
  return { l1, l2: clusterIndex - l1 * tableEntries };
}

/**
 * Look up a guest cluster and the clusters after it, at most `max` and up to the end of the L2
 * table, that have the same state and are adjacent in the file. Throws {@linkcode FormatError} for
 * an invalid table entry, unless the profile does not verify offsets (the patch of 2010 did not).
 * During a repair, entries that will be cleared are treated as unallocated.
 */
export function* lookup(
  image: QedImage,
  clusterIndex: number,
  max: number,
): Operation<ClusterExtent> {
  const index = tableIndexes(image, clusterIndex);
  return extentAt(image, yield* loadL2Table(image, index.l1), index, max);
}

/**
 * The same as {@linkcode lookup} if no table has to be read for it; otherwise undefined. Guest
 * requests try this first: a plain call costs less than a generator.
 */
export function cachedLookup(
  image: QedImage,
  clusterIndex: number,
  max: number,
): ClusterExtent | undefined {
  const index = tableIndexes(image, clusterIndex);
  const offsetBytes = image.l1.entry(index.l1);
  if (offsetBytes === UNALLOCATED) return extentAt(image, undefined, index, max);
  const table = image.l2Cache.get(offsetBytes);
  return table && extentAt(image, table, index, max);
}

/** The clusters that start at `index` of an L2 table, if there is a table. */
function extentAt(
  image: QedImage,
  table: Table | undefined,
  index: TableIndexes,
  max: number,
): ClusterExtent {
  const { tableEntries, clusterBytes } = image.geometry;
  const limit = Math.min(max, tableEntries - index.l2);
  if (!table) return { state: "no-table", hostBytes: 0, clusters: limit };

  const hostBytes = table.entry(index.l2);
  const clusters = table.extentLength(index.l2, limit, clusterBytes);
  if (hostBytes === UNALLOCATED) return { state: "unallocated", hostBytes, clusters };
  if (hostBytes === ZERO_CLUSTER && image.header.layout === "final") {
    return { state: "zero", hostBytes, clusters };
  }
  const front = image.repairFront;
  if (front && !front.hasPassed(index.l1)) {
    const kept = front.keeps(hostBytes, clusters);
    return kept > 0
      ? { state: "data", hostBytes, clusters: kept }
      : { state: "unallocated", hostBytes: UNALLOCATED, clusters: 1 };
  }
  if (!image.profile.verifiesOffsets) return { state: "data", hostBytes, clusters };
  if (!image.isValidOffset(hostBytes, 1)) {
    throw invalidEntry(image, table, index);
  }
  // Clusters past the end of the file are excluded: the next look-up names their entry.
  const inFile = (image.endBytes - hostBytes) / clusterBytes;
  return { state: "data", hostBytes, clusters: Math.min(clusters, inFile) };
}

/** The error for an L2 entry that points outside the file. */
export function invalidEntry(
  image: QedImage,
  table: Table,
  index: TableIndexes,
): FormatError {
  return new FormatError({
    field: `l2_table[${index.l1}][${index.l2}]`,
    offsetBytes: table.entryOffsetBytes(index.l2),
    value: table.exactEntry(index.l2),
    rule: offsetRule(image, 1),
  });
}

/** The L2 table at `l1Index`, from the cache or the file; undefined if there is none. */
export function* loadL2Table(image: QedImage, l1Index: number): Operation<Table | undefined> {
  const offsetBytes = image.l1.entry(l1Index);
  if (offsetBytes === UNALLOCATED) return undefined;
  const cached = image.l2Cache.get(offsetBytes);
  if (cached) return cached;
  if (
    image.profile.verifiesOffsets && !image.isValidOffset(offsetBytes, image.geometry.tableClusters)
  ) {
    throw new FormatError({
      field: `l1_table[${l1Index}]`,
      offsetBytes: image.l1.entryOffsetBytes(l1Index),
      value: image.l1.exactEntry(l1Index),
      rule: offsetRule(image, image.geometry.tableClusters),
    });
  }
  const table = new Table(
    image.buffers.take(image.geometry.tableBytes, "overwritten"),
    offsetBytes,
  );
  let tableChanges: number;
  do {
    tableChanges = image.tableChanges;
    table.endRead(yield tableRead(image, table));
    // Without a range lock, the table may have moved during the read.
    if (image.l1.entry(l1Index) !== offsetBytes) return yield* loadL2Table(image, l1Index);
    // Another operation may have loaded the table meanwhile, and even changed it.
    const loaded = image.l2Cache.get(offsetBytes);
    if (loaded) return loaded;
  } while (tableChanges !== image.tableChanges);
  image.l2Cache.put(table);
  return table;
}

/** Read a table at its offset; entries past the end of the file are zero. */
export function* readTable(image: QedImage, table: Table): Operation<void> {
  table.endRead(yield tableRead(image, table));
}

function tableRead(image: QedImage, table: Table): ReadRequest {
  return {
    kind: "read",
    file: image.file,
    offsetBytes: table.offsetBytes,
    into: table.block.bytes,
    label: table === image.l1 ? "l1-table" : "l2-table",
  };
}

/** The rule that an entry must meet to point at `clusterCount` clusters. */
export function offsetRule(image: QedImage, clusterCount: number): string {
  const { clusterBytes } = image.geometry;
  return `must be a multiple of ${clusterBytes} with ${clusterCount * clusterBytes} bytes ` +
    `between the header's end at ${image.headerBytes} and the file's end at ${image.endBytes}`;
}
