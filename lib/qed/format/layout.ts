/**
 * The names, offsets and limits of the QED format.
 *
 * "final" is the layout of the specification in QEMU's documentation (QED Image File Format,
 * section Header); "rfc" is the one of the patch of 6 September 2010. They share the first 32
 * bytes, and the magic, and carry no version number.
 *
 * @module
 */

/** The two header layouts. */
export type HeaderLayout = "final" | "rfc";

/** The first four bytes, `Q E D \0`, as a little-endian number. */
export const MAGIC = 0x00444551;
/** The size of the header fields in bytes, in both layouts. */
export const HEADER_BYTES = 64;
/** Bytes of a table entry. */
export const ENTRY_BYTES = 8;

/** Smallest cluster, in bytes. */
export const MIN_CLUSTER_BYTES = 2 ** 12;
/** Largest cluster, in bytes. */
export const MAX_CLUSTER_BYTES = 2 ** 26;
/** Default cluster size of a new image, in bytes. */
export const DEFAULT_CLUSTER_BYTES = 2 ** 16;
/** Smallest L1 or L2 table, in clusters. */
export const MIN_TABLE_CLUSTERS = 1;
/** Largest L1 or L2 table, in clusters. */
export const MAX_TABLE_CLUSTERS = 16;
/** Default table size of a new image, in clusters. */
export const DEFAULT_TABLE_CLUSTERS = 4;
/**
 * The largest size of an image, in bytes. The format itself allows any size that the tables can
 * map, which may be far more, but operating systems have no larger offsets.
 */
export const MAX_IMAGE_BYTES = 2n ** 63n;

/** The longest name of a backing file to read, in bytes: the limit of QEMU 7.2. */
export const MAX_NAME_BYTES = 4095;

/** Where each field of the header starts, in bytes. */
export const FIELD_OFFSETS = {
  common: {
    magic: 0,
    cluster_size: 4,
    table_size: 8,
    header_size: 12,
    features: 16,
    compat_features: 24,
  },
  final: {
    autoclear_features: 32,
    l1_table_offset: 40,
    image_size: 48,
    backing_filename_offset: 56,
    backing_filename_size: 60,
  },
  rfc: {
    l1_table_offset: 32,
    image_size: 40,
    backing_file_offset: 48,
    backing_file_size: 52,
    backing_fmt_offset: 56,
    backing_fmt_size: 60,
  },
} as const;

/**
 * Feature bits of the final layout (specification, section Header, "Feature bits").
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FEATURE } from "@powercut/powercut/lib";
 *
 * const features = FEATURE.BACKING_FILE | FEATURE.BACKING_FORMAT_NO_PROBE;
 * assertEquals(features, 5n);
 * ```
 */
export const FEATURE = {
  BACKING_FILE: 0x01n,
  NEED_CHECK: 0x02n,
  BACKING_FORMAT_NO_PROBE: 0x04n,
} as const;

/** The feature bits known to an implementation of each layout; any other bit forbids opening. */
export const KNOWN_FEATURES: Record<HeaderLayout, bigint> = {
  final: FEATURE.BACKING_FILE | FEATURE.NEED_CHECK | FEATURE.BACKING_FORMAT_NO_PROBE,
  rfc: FEATURE.BACKING_FILE,
};

/** Compatible feature bit of the rfc layout: the header names the backing file's format. */
export const RFC_COMPAT_BACKING_FORMAT = 0x01n;

/** L1 and L2 entry: unallocated. */
export const UNALLOCATED = 0;
/** L2 entry, final layout: the cluster reads as zeroes and hides the backing file. */
export const ZERO_CLUSTER = 1;

if (FIELD_OFFSETS.final.backing_filename_size + 4 !== HEADER_BYTES) {
  throw new Error("layout: the final header does not end at HEADER_BYTES");
}
if (FIELD_OFFSETS.rfc.backing_fmt_size + 4 !== HEADER_BYTES) {
  throw new Error("layout: the rfc header does not end at HEADER_BYTES");
}
