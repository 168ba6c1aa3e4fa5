import { SparseFile } from "../../storage/sparse_file.ts";

/** The header fields of an image to build; the default is a plain image. */
export interface HeaderFields {
  /** `Q E D \0` as a little-endian number. */
  readonly magic?: number;
  /** Bytes of a cluster. */
  readonly cluster_size?: number;
  /** Clusters of a table. */
  readonly table_size?: number;
  /** Clusters of the header. */
  readonly header_size?: number;
  /** Feature bits. */
  readonly features?: bigint;
  /** Compatible feature bits. */
  readonly compat_features?: bigint;
  /** Autoclear bits. */
  readonly autoclear_features?: bigint;
  /** Where the L1 table is, in bytes. */
  readonly l1_table_offset?: bigint;
  /** The size of the guest's disk, in bytes. */
  readonly image_size?: bigint;
  /** The offset of the backing file's name, in bytes. */
  readonly backing_filename_offset?: number;
  /** The length of the name, in bytes. */
  readonly backing_filename_size?: number;
}

/** The header fields that only the rfc layout has, or has at another place. */
export interface RfcHeaderFields {
  /** Where the L1 table is, in bytes. */
  readonly l1_table_offset?: bigint;
  /** The size of the guest's disk, in bytes. */
  readonly image_size?: bigint;
  /** Where the backing file's name is, in bytes. */
  readonly backing_file_offset?: number;
  /** How long it is, in bytes. */
  readonly backing_file_size?: number;
  /** Where the name of the backing file's format is, in bytes. */
  readonly backing_fmt_offset?: number;
  /** How long it is, in bytes. */
  readonly backing_fmt_size?: number;
}

/**
 * Builds images byte by byte, valid or not, in the final layout by default. Written from the
 * specification's tables alone, it shares nothing with the code under test.
 */
export class ImageBuilder {
  /** The file so far. */
  readonly file = new SparseFile(0);
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table. */
  readonly tableClusters: number;
  /** Where the L1 table starts, in bytes. */
  readonly l1Bytes: number;

  /** A header and an empty L1 table; small unless `fields` says otherwise. */
  constructor(fields: HeaderFields = {}) {
    this.clusterBytes = fields.cluster_size ?? 4096;
    this.tableClusters = fields.table_size ?? 2;
    const headerClusters = fields.header_size ?? 1;
    this.l1Bytes = headerClusters * this.clusterBytes;
    this.file.grow(this.l1Bytes + this.tableClusters * this.clusterBytes);
    this.setHeader({
      magic: 0x00444551,
      cluster_size: this.clusterBytes,
      table_size: this.tableClusters,
      header_size: headerClusters,
      l1_table_offset: BigInt(this.l1Bytes),
      image_size: 1n << 20n,
      ...fields,
    });
  }

  /** Change header fields, also to invalid values. */
  setHeader(fields: HeaderFields): this {
    const header = this.file.read(0, 64);
    const view = new DataView(header.buffer);
    const u32 = (offset: number, value: number | undefined) => {
      if (value !== undefined) view.setUint32(offset, value, true);
    };
    const u64 = (offset: number, value: bigint | undefined) => {
      if (value !== undefined) view.setBigUint64(offset, value, true);
    };
    u32(0, fields.magic);
    u32(4, fields.cluster_size);
    u32(8, fields.table_size);
    u32(12, fields.header_size);
    u64(16, fields.features);
    u64(24, fields.compat_features);
    u64(32, fields.autoclear_features);
    u64(40, fields.l1_table_offset);
    u64(48, fields.image_size);
    u32(56, fields.backing_filename_offset);
    u32(60, fields.backing_filename_size);
    this.file.write(0, header);
    return this;
  }

  /**
   * Convert the second half of the header to the rfc layout (patch of 6 September 2010); the first
   * half is the same in both layouts.
   */
  setRfcHeader(fields: RfcHeaderFields = {}): this {
    const header = this.file.read(0, 64).fill(0, 32);
    const view = new DataView(header.buffer);
    view.setBigUint64(32, fields.l1_table_offset ?? BigInt(this.l1Bytes), true);
    view.setBigUint64(40, fields.image_size ?? 1n << 20n, true);
    view.setUint32(48, fields.backing_file_offset ?? 0, true);
    view.setUint32(52, fields.backing_file_size ?? 0, true);
    view.setUint32(56, fields.backing_fmt_offset ?? 0, true);
    view.setUint32(60, fields.backing_fmt_size ?? 0, true);
    this.file.write(0, header);
    return this;
  }

  /** Store a name in the header clusters and point the header at it. */
  setBackingName(name: string | Uint8Array<ArrayBuffer>, options: { offset?: number } = {}): this {
    const bytes = typeof name === "string" ? new TextEncoder().encode(name) : name;
    const offset = options.offset ?? 64;
    this.file.write(offset, bytes);
    return this.setHeader({
      backing_filename_offset: offset,
      backing_filename_size: bytes.length,
    });
  }

  /** Add `clusters` clusters at the end of the file, filled with `fill`; returns their offset. */
  addClusters(clusters: number, fill = 0): number {
    const offset = Math.ceil(this.file.sizeBytes / this.clusterBytes) * this.clusterBytes;
    this.file.grow(offset + clusters * this.clusterBytes);
    if (fill !== 0) {
      this.file.write(offset, new Uint8Array(clusters * this.clusterBytes).fill(fill));
    }
    return offset;
  }

  /** Add an empty L2 table and point the L1 entry at it; returns its offset. */
  addL2Table(l1Index: number): number {
    const offset = this.addClusters(this.tableClusters);
    this.setEntry(this.l1Bytes, l1Index, offset);
    return offset;
  }

  /** Add a cluster filled with `fill` and point the entry of the table at it. */
  addData(tableBytes: number, index: number, fill = 0xa0 + index): number {
    const offset = this.addClusters(1, fill);
    this.setEntry(tableBytes, index, offset);
    return offset;
  }

  /** Set an entry of the table at `tableBytes`. */
  setEntry(tableBytes: number, index: number, value: number | bigint): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
    this.file.write(tableBytes + 8 * index, bytes);
    return this;
  }

  /** The whole file. */
  toBytes(): Uint8Array {
    return this.file.read(0, this.file.sizeBytes);
  }

  /** Save the file. */
  save(path: string): void {
    this.file.save(path);
  }
}

/**
 * An image with one L2 table, at the first L1 entry, and three clusters: small and easy to damage.
 */
export function smallImage(fields: HeaderFields = {}): {
  builder: ImageBuilder;
  l2Bytes: number;
  dataBytes: number[];
} {
  const builder = new ImageBuilder(fields);
  const l2Bytes = builder.addL2Table(0);
  const dataBytes = [0, 1, 2].map((index) => builder.addData(l2Bytes, index));
  return { builder, l2Bytes, dataBytes };
}
