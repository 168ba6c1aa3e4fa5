/**
 * One image for each rule of the header, with what is expected of it: the unit tests hold this
 * library to it, the conformance kit any implementation.
 *
 * @module
 */
import {
  type HeaderFields,
  ImageBuilder,
  smallImage,
} from "../../../lib/qed/format/image_builder.ts";

/** An image and what becomes of opening it. */
export interface HeaderCase {
  /** A description. */
  readonly name: string;
  /** Makes the image. */
  readonly build: () => ImageBuilder;
  /** The field, offset and value that this library's error names; absent if it opens. */
  readonly refused?: readonly [field: string, offsetBytes: number, value: bigint | number | string];
}

type Refusal = NonNullable<HeaderCase["refused"]>;

const MAX_U64 = (1n << 64n) - 1n;
const NAME = "base.raw";

function fieldCase(
  field: keyof HeaderFields,
  offsetBytes: number,
  value: bigint | number,
): HeaderCase {
  return {
    name: `${field} = ${value}`,
    build: () => smallImage().builder.setHeader({ [field]: value }),
    refused: [field, offsetBytes, value],
  };
}

function opens(name: string, fields: HeaderFields): HeaderCase {
  return { name, build: () => smallImage().builder.setHeader(fields) };
}

/** An image whose tables can map 2^63 bytes or more. */
function hugeImage(imageBytes: bigint, tableClusters = 8): ImageBuilder {
  return new ImageBuilder({
    cluster_size: 2 ** 21,
    table_size: tableClusters,
    image_size: imageBytes,
  });
}

/** An image with a backing file: feature bit and name. */
function withName(name: string | Uint8Array<ArrayBuffer>, options: {
  readonly offset?: number;
  readonly fields?: HeaderFields;
} = {}): ImageBuilder {
  const { builder } = smallImage(options.fields);
  builder.setBackingName(name, options.offset === undefined ? {} : { offset: options.offset });
  return builder.setHeader({ features: 5n });
}

function cut(name: string, sizeBytes: number, refused: Refusal): HeaderCase {
  const build = () => {
    const { builder } = smallImage();
    builder.file.resize(sizeBytes);
    return builder;
  };
  return { name: `a file cut to ${name}`, build, refused };
}

const sizes: HeaderCase[] = [
  fieldCase("magic", 0, 0),
  fieldCase("magic", 0, 0x01444551),
  ...[0, 1, 512, 2048, 4095, 4097, 6144, 2 ** 26 + 1, 2 ** 27, 2 ** 31, 2 ** 32 - 1].map((value) =>
    fieldCase("cluster_size", 4, value)
  ),
  ...[0, 3, 5, 17, 32, 2 ** 31, 2 ** 32 - 1].map((value) => fieldCase("table_size", 8, value)),
  ...[8192, 65536, 2 ** 20].map((clusterBytes) => ({
    name: `cluster_size = ${clusterBytes}`,
    build: () => smallImage({ cluster_size: clusterBytes }).builder,
  })),
  ...[4, 8, 16].map((tableClusters) => ({
    name: `table_size = ${tableClusters}`,
    build: () => smallImage({ table_size: tableClusters }).builder,
  })),
  {
    name: "table_size = 1",
    build: () => smallImage({ table_size: 1 }).builder,
  },
  fieldCase("header_size", 12, 0),
  fieldCase("header_size", 12, 2 ** 32 - 1),
  { name: "header_size = 3", build: () => smallImage({ header_size: 3 }).builder },
  {
    name: "header_size that reaches into the L1 table",
    build: () => smallImage().builder.setHeader({ header_size: 2 }),
    refused: ["l1_table_offset", 40, 4096n],
  },
];

const bits: HeaderCase[] = [
  ...[8n, 16n, 1n << 63n, MAX_U64].map((value) => fieldCase("features", 16, value)),
  ...[2n, 4n, 6n].map((features) => opens(`features = ${features}`, { features })),
  opens("all compatible bits set", { compat_features: MAX_U64 }),
  opens("all autoclear bits set", { autoclear_features: MAX_U64 }),
];

const places: HeaderCase[] = [
  ...[0n, 1n, 2048n, 4095n, 4097n, 1n << 53n, 1n << 63n, MAX_U64 - 4095n, MAX_U64].map((value) =>
    fieldCase("l1_table_offset", 40, value)
  ),
  {
    name: "l1_table_offset with the table's last cluster behind the file's end",
    build: () => {
      const { builder } = smallImage();
      const value = BigInt(builder.file.sizeBytes - 4096);
      return builder.setHeader({ l1_table_offset: value });
    },
    refused: ["l1_table_offset", 40, 28672n],
  },
  opens("l1_table_offset behind other clusters", { l1_table_offset: 12288n }),
  ...[1n, 511n, 513n, 4095n, MAX_U64].map((value) => fieldCase("image_size", 48, value)),
  fieldCase("image_size", 48, (1n << 32n) + 512n),
  ...[0n, 512n, 4096n, 5120n, 1n << 32n].map((value) =>
    opens(`image_size = ${value}`, { image_size: value })
  ),
  {
    name: "an image of 2^62 bytes, all that 1 MiB clusters and 16 of them a table can map",
    build: () => new ImageBuilder({ cluster_size: 2 ** 20, table_size: 16, image_size: 1n << 62n }),
  },
  {
    name: "an image of 2^62 bytes where the tables could map 2^65",
    build: () => new ImageBuilder({ cluster_size: 2 ** 21, table_size: 16, image_size: 1n << 62n }),
  },
  {
    name: "an image of 2^63 - 2^30 bytes",
    build: () => hugeImage((1n << 63n) - (1n << 30n)),
  },
  {
    name: "an image of 2^63 - 512 bytes",
    build: () => hugeImage((1n << 63n) - 512n),
  },
  { name: "an image of 2^63 bytes", build: () => hugeImage(1n << 63n) },
  {
    name: "an image of 2^63 + 512 bytes",
    build: () => hugeImage((1n << 63n) + 512n, 16),
    refused: ["image_size", 48, (1n << 63n) + 512n],
  },
];

const names: HeaderCase[] = [
  { name: "a backing file name", build: () => withName(NAME) },
  {
    name: "a backing file name that ends where the header does",
    build: () => withName(NAME, { offset: 4096 - NAME.length }),
  },
  {
    name: "a backing file name in the second header cluster",
    build: () => withName(NAME, { offset: 5000, fields: { header_size: 2 } }),
  },
  {
    name: "a backing file name that leaves the header by one byte",
    build: () => withName(NAME, { offset: 4097 - NAME.length }),
    refused: ["backing_filename_offset", 56, 4097 - NAME.length],
  },
  {
    name: "a backing file name whose end overflows 32 bits",
    build: () =>
      withName(NAME).setHeader({ backing_filename_offset: 2 ** 32 - 4, backing_filename_size: 8 }),
    refused: ["backing_filename_offset", 56, 2 ** 32 - 4],
  },
  {
    name: "a backing file name longer than any file",
    build: () => withName(NAME).setHeader({ backing_filename_size: 2 ** 32 - 1 }),
    refused: ["backing_filename_size", 60, 2 ** 32 - 1],
  },
  ...[1023, 4095].map((length) => ({
    name: `a backing file name of ${length} bytes`,
    build: () => withName("n".repeat(length), { fields: { cluster_size: 65536 } }),
  })),
  {
    name: "a backing file name of 4096 bytes",
    build: () => withName("n".repeat(4096), { fields: { cluster_size: 65536 } }),
    refused: ["backing_filename_size", 60, 4096],
  },
  {
    name: "the backing file bit without a name",
    build: () => smallImage().builder.setHeader({ features: 1n }),
    refused: ["backing_filename_size", 60, 0],
  },
  {
    name: "a backing file name with a NUL in it",
    build: () => withName("ab\0cd"),
    refused: ["backing file name", 64, "6162006364"],
  },
  {
    name: "a backing file name that is not UTF-8",
    build: () => withName(new Uint8Array([0x66, 0xff])),
    refused: ["backing file name", 64, "66ff"],
  },
  opens("a name that leaves the header, without the backing file bit", {
    backing_filename_offset: 2 ** 31,
    backing_filename_size: 2 ** 31,
  }),
];

const cuts: HeaderCase[] = [
  ...[0, 1, 3, 4, 10, 63].map((size) => cut(`${size} bytes`, size, ["header", 0, size])),
  ...[64, 512, 4095].map((size) => cut(`${size} bytes`, size, ["header_size", 12, 1])),
  cut("the header cluster", 4096, ["l1_table_offset", 40, 4096n]),
  cut("half of the L1 table", 8192, ["l1_table_offset", 40, 4096n]),
  cut("a sector less than the L1 table", 12288 - 512, ["l1_table_offset", 40, 4096n]),
  cut("a byte less than the L1 table", 12288 - 1, ["l1_table_offset", 40, 4096n]),
];

/** All of them. */
export const HEADER_CASES: readonly HeaderCase[] = [
  { name: "a good image", build: () => smallImage().builder },
  ...sizes,
  ...bits,
  ...places,
  ...names,
  ...cuts,
];
