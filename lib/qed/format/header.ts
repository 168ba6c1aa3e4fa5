import { FormatError } from "./format_error.ts";
import {
  clusterSizeRule,
  deriveGeometry,
  type Geometry,
  maxImageBytes,
  tableSizeRule,
} from "./geometry.ts";
import {
  FEATURE,
  FIELD_OFFSETS,
  HEADER_BYTES,
  type HeaderLayout,
  KNOWN_FEATURES,
  MAGIC,
  MAX_IMAGE_BYTES,
  MAX_NAME_BYTES,
  RFC_COMPAT_BACKING_FORMAT,
} from "./layout.ts";
import { SECTOR_BYTES } from "../../storage/sector.ts";

/** The place of a string in the header area. */
export interface StringPlace {
  /** Bytes from the start of the file. */
  readonly offsetBytes: number;
  /** Length in bytes; the string has no terminator. */
  readonly sizeBytes: number;
}

/** A valid header of either layout; a field that the layout lacks is zero or absent. */
export interface Header {
  /** The layout under which the header was read. */
  readonly layout: HeaderLayout;
  /** Cluster and table sizes, and the sizes derived from them. */
  readonly geometry: Geometry;
  /** The number of clusters of the header, before the first regular cluster. */
  readonly headerClusters: number;
  /** Feature bits; all are known. */
  readonly features: bigint;
  /** Compatible feature bits, preserved unchanged. */
  readonly compatFeatures: bigint;
  /** Autoclear bits as read; no bit is defined yet. */
  readonly autoclearFeatures: bigint;
  /** Where the L1 table starts, in bytes. */
  readonly l1TableOffsetBytes: number;
  /** The size of the disk that the guest sees, in bytes. */
  readonly imageBytes: bigint;
  /** The place of the backing file's name, if there is one. */
  readonly backingName?: StringPlace;
  /** The place of the name of the backing file's format (rfc layout only). */
  readonly backingFormat?: StringPlace;
}

/** How to read a header. */
export interface ParseHeaderOptions {
  /** The size of the file in bytes; tables and names must lie inside it. */
  readonly fileBytes: number;
  /** Read under this layout only. By default final, or rfc where final is invalid. */
  readonly layout?: HeaderLayout;
}

/**
 * Read and validate a header from the first 64 bytes of a file (specification, section Header; for
 * the rfc layout, the patch of 6 September 2010). Throws {@linkcode FormatError} for the first
 * field that breaks a rule; if both layouts fail, for the field of the final layout.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, parseHeader, runSync } from "@powercut/powercut/lib";
 *
 * const file = new MemoryStorage();
 * runSync(createImage({ imageBytes: 2 ** 30 }), [file]);
 * const { layout, geometry } = parseHeader(file.toBytes(), { fileBytes: file.sizeBytes });
 * assertEquals([layout, geometry.tableEntries], ["final", 32768]);
 * ```
 */
export function parseHeader(bytes: Uint8Array, options: ParseHeaderOptions): Header {
  if (bytes.length < HEADER_BYTES) {
    throw new FormatError({
      field: "header",
      offsetBytes: 0,
      value: bytes.length,
      rule: `the file must hold the whole header of ${HEADER_BYTES} bytes`,
    });
  }
  const fields = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (options.layout) return parseAs(options.layout, fields, options.fileBytes);
  try {
    return parseAs("final", fields, options.fileBytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    try {
      return parseAs("rfc", fields, options.fileBytes);
    } catch {
      throw error;
    }
  }
}

/** Whether the bytes start with the magic of QED. The rest is not checked. */
export function hasQedMagic(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) ===
      MAGIC;
}

function parseAs(layout: HeaderLayout, fields: DataView, fileBytes: number): Header {
  const common = FIELD_OFFSETS.common;
  const u32 = (offsetBytes: number) => fields.getUint32(offsetBytes, true);
  const u64 = (offsetBytes: number) => fields.getBigUint64(offsetBytes, true);
  const reject = (field: string, offsetBytes: number, value: bigint | number, rule: string) => {
    throw new FormatError({ field, offsetBytes, value, rule });
  };

  if (u32(common.magic) !== MAGIC) {
    reject("magic", common.magic, u32(common.magic), `must be ${MAGIC} ("QED\\0")`);
  }
  const clusterBytes = u32(common.cluster_size);
  const clusterRule = clusterSizeRule(clusterBytes);
  if (clusterRule) reject("cluster_size", common.cluster_size, clusterBytes, clusterRule);
  const tableClusters = u32(common.table_size);
  const tableRule = tableSizeRule(tableClusters);
  if (tableRule) reject("table_size", common.table_size, tableClusters, tableRule);
  const geometry = deriveGeometry(clusterBytes, tableClusters);

  const headerClusters = u32(common.header_size);
  const headerBytes = headerClusters * clusterBytes;
  if (headerClusters === 0 || headerBytes > fileBytes) {
    reject(
      "header_size",
      common.header_size,
      headerClusters,
      `must be at least 1 cluster and inside the file of ${fileBytes} bytes`,
    );
  }
  const features = u64(common.features);
  const unknown = features & ~KNOWN_FEATURES[layout];
  if (unknown !== 0n) {
    reject(
      "features",
      common.features,
      features,
      `has unknown bits 0x${unknown.toString(16)}: the image must not be opened`,
    );
  }
  const compatFeatures = u64(common.compat_features);

  const at = FIELD_OFFSETS[layout];
  const l1TableOffsetBytes = parseL1Offset(u64(at.l1_table_offset), at.l1_table_offset, {
    geometry,
    headerBytes,
    fileBytes,
  });
  const imageBytes = u64(at.image_size);
  const imageRule = imageSizeRule(imageBytes, geometry, layout);
  if (imageRule) reject("image_size", at.image_size, imageBytes, imageRule);

  const place = (name: string, offsetField: number): StringPlace => {
    const offsetBytes = u32(offsetField);
    const sizeBytes = u32(offsetField + 4);
    if (sizeBytes === 0 || sizeBytes > MAX_NAME_BYTES) {
      const rule = `must be from 1 to ${MAX_NAME_BYTES}`;
      reject(`${name}_size`, offsetField + 4, sizeBytes, rule);
    }
    if (offsetBytes + sizeBytes > headerBytes) {
      const rule = `a string of ${sizeBytes} bytes must lie inside the header of ${headerBytes}`;
      reject(`${name}_offset`, offsetField, offsetBytes, rule);
    }
    return { offsetBytes, sizeBytes };
  };
  const header = {
    layout,
    geometry,
    headerClusters,
    features,
    compatFeatures,
    l1TableOffsetBytes,
    imageBytes,
  };
  const hasBacking = (features & FEATURE.BACKING_FILE) !== 0n;
  if (layout === "final") {
    const autoclearFeatures = u64(FIELD_OFFSETS.final.autoclear_features);
    return hasBacking
      ? {
        ...header,
        autoclearFeatures,
        backingName: place("backing_filename", FIELD_OFFSETS.final.backing_filename_offset),
      }
      : { ...header, autoclearFeatures };
  }
  const rfc = FIELD_OFFSETS.rfc;
  return {
    ...header,
    autoclearFeatures: 0n,
    ...(hasBacking && { backingName: place("backing_file", rfc.backing_file_offset) }),
    ...(hasBacking && (compatFeatures & RFC_COMPAT_BACKING_FORMAT) !== 0n &&
      { backingFormat: place("backing_fmt", rfc.backing_fmt_offset) }),
  };
}

/** The rule that an image size breaks, or undefined if it is valid. */
export function imageSizeRule(
  imageBytes: bigint,
  geometry: Geometry,
  layout: HeaderLayout,
): string | undefined {
  const unit = layout === "final" ? SECTOR_BYTES : geometry.clusterBytes;
  if (imageBytes % BigInt(unit) !== 0n) return `must be a multiple of ${unit}`;
  if (layout === "rfc" && imageBytes === 0n) return "must not be zero";
  const max = maxImageBytes(geometry);
  if (imageBytes > max) {
    return `must be at most ${max}, the size that an L1 table of ${geometry.tableEntries} entries maps`;
  }
  if (imageBytes > MAX_IMAGE_BYTES) return `must be at most ${MAX_IMAGE_BYTES}`;
  return undefined;
}

function parseL1Offset(
  value: bigint,
  fieldOffsetBytes: number,
  file: { geometry: Geometry; headerBytes: number; fileBytes: number },
): number {
  const { geometry, headerBytes, fileBytes } = file;
  // Compare before the conversion: from 2^53 on a number would be rounded.
  const inside = value >= BigInt(headerBytes) &&
    value + BigInt(geometry.tableBytes) <= BigInt(fileBytes);
  if (inside && value % BigInt(geometry.clusterBytes) === 0n) return Number(value);
  throw new FormatError({
    field: "l1_table_offset",
    offsetBytes: fieldOffsetBytes,
    value,
    rule: `must be a multiple of ${geometry.clusterBytes}, not before ${headerBytes}, with the ` +
      `table's ${geometry.tableBytes} bytes inside the file of ${fileBytes} bytes`,
  });
}

/** Write the fixed fields of `header` into the first 64 bytes of `bytes`. */
export function encodeHeader(header: Header, bytes: Uint8Array): void {
  const fields = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const { common, final, rfc } = FIELD_OFFSETS;
  fields.setUint32(common.magic, MAGIC, true);
  fields.setUint32(common.cluster_size, header.geometry.clusterBytes, true);
  fields.setUint32(common.table_size, header.geometry.tableClusters, true);
  fields.setUint32(common.header_size, header.headerClusters, true);
  fields.setBigUint64(common.features, header.features, true);
  fields.setBigUint64(common.compat_features, header.compatFeatures, true);
  const at = FIELD_OFFSETS[header.layout];
  fields.setBigUint64(at.l1_table_offset, BigInt(header.l1TableOffsetBytes), true);
  fields.setBigUint64(at.image_size, header.imageBytes, true);
  const setPlace = (offsetField: number, place: StringPlace | undefined) => {
    fields.setUint32(offsetField, place?.offsetBytes ?? 0, true);
    fields.setUint32(offsetField + 4, place?.sizeBytes ?? 0, true);
  };
  if (header.layout === "final") {
    fields.setBigUint64(final.autoclear_features, header.autoclearFeatures, true);
    setPlace(final.backing_filename_offset, header.backingName);
  } else {
    setPlace(rfc.backing_file_offset, header.backingName);
    setPlace(rfc.backing_fmt_offset, header.backingFormat);
  }
}
