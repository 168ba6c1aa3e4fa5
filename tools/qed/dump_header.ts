import {
  clusterSizeRule,
  deriveGeometry,
  FEATURE,
  FIELD_OFFSETS,
  HEADER_BYTES,
  type HeaderLayout,
  tableSizeRule,
} from "../../lib/qed/mod.ts";
import type { Geometry } from "../../lib/qed/mod.ts";
import { formatSize } from "../kit/sizes.ts";

/** A header in words, and what follows from it. */
export interface HeaderDump {
  /** A line for each field. */
  readonly text: string;
  /** Under which layout the fields were read. */
  readonly layout: HeaderLayout;
  /** Where the tables are; undefined if the sizes make no sense. */
  readonly tables:
    | {
      readonly geometry: Geometry;
      readonly l1OffsetBytes: bigint;
      readonly headerBytes: number;
      readonly fileBytes: number;
    }
    | undefined;
  /** The names in the header area. */
  readonly strings: readonly {
    readonly name: string;
    readonly offsetBytes: number;
    readonly sizeBytes: number;
  }[];
}

/** How a header is read. */
export interface DescribeHeaderOptions {
  /** The names of the fields. */
  readonly layout: HeaderLayout;
  /** The size of the file in bytes. */
  readonly fileBytes: number;
}

/**
 * Put the first 64 bytes of a file into words, field by field, whatever they are; bytes that are
 * missing are left out.
 */
export function describeHeader(bytes: Uint8Array, options: DescribeHeaderOptions): HeaderDump {
  const { layout, fileBytes } = options;
  const padded = new Uint8Array(HEADER_BYTES);
  padded.set(bytes.subarray(0, HEADER_BYTES));
  const view = new DataView(padded.buffer);
  const offsets: Readonly<Record<string, number>> = {
    ...FIELD_OFFSETS.common,
    ...FIELD_OFFSETS[layout],
  };
  const fields = Object.entries(offsets).sort(([, a], [, b]) => a - b);
  const values = new Map<string, bigint>();
  let text = "";
  fields.forEach(([name, start], i) => {
    const end = fields[i + 1]?.[1] ?? HEADER_BYTES;
    const value = end - start === 8
      ? view.getBigUint64(start, true)
      : BigInt(view.getUint32(start, true));
    values.set(name, value);
    if (start >= bytes.length) return;
    const meaning = meaningOf(name, value, layout);
    text += `${hex(start, 8)}  ${bytesText(padded.subarray(start, end))}  ` +
      `${name.padEnd(24)}  ${value}${meaning && `  ${meaning}`}\n`;
  });
  const value = (name: string) => values.get(name) ?? 0n;
  return {
    text,
    layout,
    tables: tablesOf(value, fileBytes),
    strings: layout === "final"
      ? stringsOf(value, [["backing file name", "backing_filename"]])
      : stringsOf(value, [["backing file name", "backing_file"], [
        "backing format",
        "backing_fmt",
      ]]),
  };
}

/** Bytes as pairs of digits, in a column of fixed width for up to eight of them. */
export function bytesText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => hex(byte, 2)).join(" ").padEnd(23);
}

/** A number in hexadecimal, with at least this many digits. */
export function hex(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function tablesOf(value: (name: string) => bigint, fileBytes: number): HeaderDump["tables"] {
  const clusterBytes = Number(value("cluster_size"));
  const tableClusters = Number(value("table_size"));
  if (clusterSizeRule(clusterBytes) || tableSizeRule(tableClusters)) return undefined;
  return {
    geometry: deriveGeometry(clusterBytes, tableClusters),
    l1OffsetBytes: value("l1_table_offset"),
    headerBytes: Number(value("header_size")) * clusterBytes,
    fileBytes,
  };
}

function stringsOf(
  value: (name: string) => bigint,
  names: readonly (readonly [name: string, field: string])[],
): HeaderDump["strings"] {
  return names.map(([name, field]) => ({
    name,
    offsetBytes: Number(value(`${field}_offset`)),
    sizeBytes: Number(value(`${field}_size`)),
  })).filter(({ sizeBytes }) => sizeBytes > 0);
}

/** The meaning of a value, for people. */
function meaningOf(name: string, value: bigint, layout: HeaderLayout): string {
  switch (name) {
    case "magic":
      return value === 0x00444551n ? '"QED\\0"' : '!! should be "QED\\0"';
    case "cluster_size":
      return withRule(formatSize(value), clusterSizeRule(Number(value)));
    case "table_size":
      return withRule("clusters of an L1 or L2 table", tableSizeRule(Number(value)));
    case "header_size":
      return "clusters before the first regular one";
    case "features":
      return bitNames(value, layout === "final" ? FEATURE : { BACKING_FILE: FEATURE.BACKING_FILE });
    case "compat_features":
      return bitNames(value, layout === "final" ? {} : { BACKING_FORMAT: 1n });
    case "autoclear_features":
      return bitNames(value, {});
    case "image_size":
      return formatSize(value);
    default:
      return name.endsWith("_offset") ? "bytes from the start of the file" : "bytes";
  }
}

function withRule(meaning: string, rule: string | undefined): string {
  return rule ? `!! ${rule}` : meaning;
}

function bitNames(value: bigint, known: Readonly<Record<string, bigint>>): string {
  const names = Object.entries(known).filter(([, bit]) => (value & bit) !== 0n)
    .map(([name]) => name);
  const unknown = value & ~Object.values(known).reduce((all, bit) => all | bit, 0n);
  if (unknown !== 0n) names.push(`unknown bits 0x${unknown.toString(16)}`);
  return names.join(", ") || "no bit set";
}
