/** Random images and guest writes for property tests, which cover every edge of the tables. */
import fc from "fast-check";
import { SECTOR_BYTES } from "../lib/mod.ts";

/** Sizes of a random image. */
export interface ImageShape {
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table. */
  readonly tableClusters: number;
  /** Bytes of the guest's disk, a multiple of 512. */
  readonly imageBytes: number;
}

/** Bytes of the guest's disk that one L2 table maps. */
export function bytesPerL2Table(shape: Omit<ImageShape, "imageBytes">): number {
  return shape.clusterBytes * shape.tableClusters / 8 * shape.clusterBytes;
}

/** Maximum size of a disk in bytes: larger ones take QEMU's tools too long. */
const MAX_IMAGE_BYTES = 2 ** 32;

/** Cluster sizes: mostly small, where few writes make many clusters and tables. */
const clusterSizes = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(4096, 8192, 16384, 32768, 65536) },
  { weight: 1, arbitrary: fc.constantFrom(131072, 2 ** 20) },
);

/**
 * Shapes with table sizes 2 to 16: QEMU cannot open a table of one cluster. The disk ends in the
 * first, second or third L2 table, mostly in the middle of a cluster.
 */
export const imageShapes: fc.Arbitrary<ImageShape> = fc.record({
  clusterBytes: clusterSizes,
  tableClusters: fc.constantFrom(2, 4, 8, 16),
  wholeTables: fc.nat(2),
  rest: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 2 ** 17 })),
}).map(({ clusterBytes, tableClusters, wholeTables, rest }) => {
  const perTable = bytesPerL2Table({ clusterBytes, tableClusters });
  const tables = perTable * wholeTables > MAX_IMAGE_BYTES ? 0 : wholeTables;
  const imageBytes = tables * perTable + Math.min(rest * SECTOR_BYTES, perTable);
  return { clusterBytes, tableClusters, imageBytes };
});

/** A range of a guest's disk of any size. */
export interface RangePick {
  /** The place that the range is near. */
  readonly near: "start" | "table-edge" | "end" | "anywhere";
  /** The position of that place, in 65536ths of the disk, or the choice of the edge. */
  readonly place: number;
  /** The distance from that place, in 256ths of a cluster. */
  readonly shift: number;
  /** The length, in 256ths of a cluster. */
  readonly length: number;
  /** The unit to which start and end are rounded. */
  readonly unit: "byte" | "sector" | "cluster";
  /** A few bytes to add if the unit is a byte. */
  readonly odd: number;
}

/** Ranges of up to three clusters. */
export function rangePicks(units: readonly RangePick["unit"][]): fc.Arbitrary<RangePick> {
  return fc.record({
    near: fc.constantFrom("start", "table-edge", "end", "anywhere"),
    place: fc.nat(65535),
    shift: fc.integer({ min: -768, max: 768 }),
    length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 768 })),
    unit: fc.constantFrom(...units),
    odd: fc.nat(600),
  });
}

/** A range of the guest's disk. */
export interface Range {
  /** Where it starts, in bytes. */
  readonly offsetBytes: number;
  /** At least 1. */
  readonly lengthBytes: number;
}

/** The picked range on a disk of this shape. */
export function rangeOn(shape: ImageShape, pick: RangePick): Range {
  const { clusterBytes, imageBytes } = shape;
  const unit = { byte: 1, sector: SECTOR_BYTES, cluster: clusterBytes }[pick.unit];
  const odd = pick.unit === "byte" ? pick.odd : 0;
  const start = anchorOf(shape, pick) + pick.shift * clusterBytes / 256 + odd;
  const length = pick.length * clusterBytes / 256 + odd % 13;
  const from = Math.max(0, Math.floor(Math.min(start, imageBytes - 1) / unit) * unit);
  const to = Math.min(imageBytes, Math.ceil((from + length) / unit) * unit);
  return { offsetBytes: from, lengthBytes: to - from };
}

function anchorOf(shape: ImageShape, pick: RangePick): number {
  const { imageBytes } = shape;
  const perTable = bytesPerL2Table(shape);
  switch (pick.near) {
    case "start":
      return 0;
    case "end":
      return imageBytes;
    case "anywhere":
      return Math.floor(imageBytes / 65536 * pick.place);
    case "table-edge":
      return perTable * Math.floor(pick.place / 65536 * (imageBytes / perTable + 1));
  }
}

/** Bytes that depend on their offset and on `value`, so that a mix-up is visible. */
export function patternBytes(value: number, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  for (let i = 0; i < lengthBytes; i++) bytes[i] = value + i * 7 + (i >>> 9) * 3;
  return bytes;
}
