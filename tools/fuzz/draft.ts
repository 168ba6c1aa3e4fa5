import { FIELD_OFFSETS, HEADER_BYTES, type HeaderLayout, MAGIC } from "../../lib/qed/mod.ts";
import { type Edit, hexOf, numberEdit } from "./fuzz_case.ts";
import type { Random } from "../../lib/storage/random.ts";

/** An image while it is being put together: its edits, and where things are. */
export interface Draft {
  /** Which header it has. */
  readonly layout: HeaderLayout;
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table. */
  readonly tableClusters: number;
  /** Clusters of the header. */
  readonly headerClusters: number;
  /** The size of the guest's disk. */
  readonly imageBytes: bigint;
  /** Where the L1 table is. */
  readonly l1Bytes: number;
  /** The L2 tables that entries of the L1 table point at. */
  readonly l2Tables: { readonly at: number; readonly l1Index: number }[];
  /** Where clusters with data are. */
  readonly data: number[];
  /** The end of the file so far. */
  fileBytes: number;
  /** The parts of the file. */
  readonly edits: Edit[];
}

/** The entries of a table. */
export function tableEntries(draft: Pick<Draft, "clusterBytes" | "tableClusters">): number {
  return draft.clusterBytes * draft.tableClusters / 8;
}

/** The largest disk with one L2 table, in bytes. */
export function bytesPerTable(draft: Pick<Draft, "clusterBytes" | "tableClusters">): number {
  return tableEntries(draft) * draft.clusterBytes;
}

/**
 * A valid image with some tables and clusters, small but for what `random` makes of it. `forQemu`:
 * one that QEMU opens, so neither in the rfc layout nor with tables of one cluster.
 */
export function draftImage(random: Random, options: { readonly forQemu?: boolean } = {}): Draft {
  const clusterBytes = random.weighted([
    [20, 4096],
    [5, 8192],
    [3, 16384],
    [3, 65536],
    [1, 2 ** 20],
  ]);
  const { forQemu = false } = options;
  const tableClusters = random.weighted([[8, 2], [forQemu ? 0 : 2, 1], [2, 4], [1, 8], [1, 16]]);
  const headerClusters = random.weighted([[12, 1], [2, 2], [1, 5]]);
  const layout = random.oneIn(8) && !forQemu ? "rfc" : "final";
  const l1Bytes = headerClusters * clusterBytes;
  const draft: Draft = {
    layout,
    clusterBytes,
    tableClusters,
    headerClusters,
    imageBytes: diskSize(random, { clusterBytes, tableClusters, layout }),
    l1Bytes,
    l2Tables: [],
    data: [],
    fileBytes: l1Bytes + tableClusters * clusterBytes,
    edits: [],
  };
  draft.edits.push({ kind: "size", sizeBytes: draft.fileBytes, what: "header and L1 table" });
  draft.edits.push(...headerEdits(draft, random));
  for (let i = random.below(4); i > 0; i--) addTable(draft, random);
  return draft;
}

function diskSize(
  random: Random,
  shape: Pick<Draft, "clusterBytes" | "tableClusters" | "layout">,
): bigint {
  const { clusterBytes, layout } = shape;
  const unit = layout === "rfc" ? clusterBytes : 512;
  const most = BigInt(tableEntries(shape)) * BigInt(bytesPerTable(shape));
  const units = random.weighted([
    [10, random.between(1, 40) * clusterBytes / unit],
    [3, random.between(1, 4000)],
    [2, bytesPerTable(shape) / unit + random.below(64)],
    [1, 0],
  ]);
  const bytes = BigInt(units) * BigInt(unit) || (layout === "rfc" ? BigInt(unit) : 0n);
  if (random.oneIn(12)) return most > 1n << 63n ? 1n << 63n : most;
  return bytes < most ? bytes : most;
}

/** The fields of a valid header in the draft's layout. */
export function headerEdits(draft: Draft, random: Random): Edit[] {
  const { common } = FIELD_OFFSETS;
  const at = FIELD_OFFSETS[draft.layout];
  const features = draft.layout === "final" && random.oneIn(3) ? 2 : 0;
  return [
    numberEdit(common.magic, MAGIC, 4, "magic"),
    numberEdit(common.cluster_size, draft.clusterBytes, 4, "cluster_size"),
    numberEdit(common.table_size, draft.tableClusters, 4, "table_size"),
    numberEdit(common.header_size, draft.headerClusters, 4, "header_size"),
    numberEdit(common.features, features, 8, "features"),
    numberEdit(at.l1_table_offset, draft.l1Bytes, 8, "l1_table_offset"),
    numberEdit(at.image_size, draft.imageBytes, 8, "image_size"),
  ];
}

/** Take clusters at the end of the file. */
export function addClusters(draft: Draft, count: number, what: string): number {
  const at = Math.ceil(draft.fileBytes / draft.clusterBytes) * draft.clusterBytes;
  draft.fileBytes = at + count * draft.clusterBytes;
  draft.edits.push({ kind: "size", sizeBytes: draft.fileBytes, what });
  return at;
}

/** Add an L2 table with some clusters, at an L1 entry that matters or at any. */
function addTable(draft: Draft, random: Random): void {
  const perTable = BigInt(bytesPerTable(draft));
  const inUse = Number((draft.imageBytes + perTable - 1n) / perTable);
  const l1Index = random.weighted([
    [4, Math.min(draft.l2Tables.length, tableEntries(draft) - 1)],
    [2, random.below(Math.max(1, Math.min(inUse, tableEntries(draft))))],
    [1, random.below(tableEntries(draft))],
  ]);
  const at = addClusters(draft, draft.tableClusters, `L2 table ${l1Index}`);
  draft.edits.push(numberEdit(draft.l1Bytes + 8 * l1Index, at, 8, `l1_table[${l1Index}]`));
  draft.l2Tables.push({ at, l1Index });
  for (let i = random.below(8); i > 0; i--) addEntry(draft, random, { at, l1Index });
}

function addEntry(draft: Draft, random: Random, table: { at: number; l1Index: number }): void {
  const index = random.oneIn(4) ? random.below(tableEntries(draft)) : random.below(12);
  const name = `l2_table[${table.l1Index}][${index}]`;
  const entryAt = table.at + 8 * index;
  if (draft.layout === "final" && random.oneIn(5)) {
    draft.edits.push(numberEdit(entryAt, 1, 8, name));
    return;
  }
  const at = addClusters(draft, 1, "data");
  const value = 1 + draft.data.length % 255;
  const lengthBytes = Math.min(draft.clusterBytes, random.pick([512, 4096, 65536]));
  draft.edits.push(
    numberEdit(entryAt, at, 8, name),
    { kind: "fill", at, lengthBytes, value, what: "data" },
  );
  draft.data.push(at);
}

/** Store a name in the header clusters and say that it is that of the backing file. */
export function nameBacking(
  draft: Draft,
  name: Uint8Array,
  options: { readonly isRaw: boolean; readonly at?: number },
): void {
  const { isRaw, at = HEADER_BYTES } = options;
  const { common, final, rfc } = FIELD_OFFSETS;
  const { edits, layout } = draft;
  edits.push({ kind: "bytes", at, hex: hexOf(name), what: "backing file name" });
  const place = layout === "final" ? final.backing_filename_offset : rfc.backing_file_offset;
  edits.push(numberEdit(place, at, 4, "backing name offset"));
  edits.push(numberEdit(place + 4, name.length, 4, "backing name size"));
  edits.push(
    numberEdit(common.features, layout === "final" && isRaw ? 5 : 1, 8, "features: backing file"),
  );
  if (layout === "final" || !isRaw) return;
  const formatAt = at + name.length;
  edits.push(
    { kind: "bytes", at: formatAt, hex: hexOf(new TextEncoder().encode("raw")), what: "format" },
    numberEdit(rfc.backing_fmt_offset, formatAt, 4, "backing format offset"),
    numberEdit(rfc.backing_fmt_size, 3, 4, "backing format size"),
    numberEdit(common.compat_features, 1, 8, "compat_features: backing format"),
  );
}
