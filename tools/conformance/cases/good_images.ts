/** Images without backing file that are as the specification wants them, by hand. */
import type { ImageCase } from "./case.ts";
import {
  type HeaderFields,
  ImageBuilder,
  smallImage,
} from "../../../lib/qed/format/image_builder.ts";
import { makeCase } from "./make_case.ts";

/** The guest contents of {@linkcode smallImage}. */
export const SMALL_GUEST: readonly string[] = ["0 a0*4096", "4096 a1*4096", "8192 a2*4096"];
/** Where it is stored. */
export const SMALL_MAP: readonly string[] = ["0+12288 data at 20480", "12288+1036288 absent"];

/** One image for each size of clusters and tables: data, nothing, zeroes, data to half a cluster. */
function geometryCase(clusterBytes: number, tableClusters: number): ImageCase {
  const image = new ImageBuilder({
    cluster_size: clusterBytes,
    table_size: tableClusters,
    image_size: BigInt(3 * clusterBytes + 512),
  });
  const l2Bytes = image.addL2Table(0);
  const first = image.addData(l2Bytes, 0, 0x11);
  image.setEntry(l2Bytes, 2, 1);
  const last = image.addData(l2Bytes, 3, 0x44);
  return makeCase({
    name: `image/clusters of ${clusterBytes}, tables of ${tableClusters}`,
    about: "sizes of clusters and tables; the disk ends inside a cluster",
    image: image.file,
    guest: [`0 11*${clusterBytes}`, `${3 * clusterBytes} 44*512`],
    map: [
      `0+${clusterBytes} data at ${first}`,
      `${clusterBytes}+${clusterBytes} absent`,
      `${2 * clusterBytes}+${clusterBytes} zero`,
      `${3 * clusterBytes}+512 data at ${last}`,
    ],
    check: { allocated: 2 },
    write: [clusterBytes - 100, 200, 0xee],
  });
}

function largeClusters(clusterBytes: number, tableClusters: number): ImageCase {
  const image = new ImageBuilder({
    cluster_size: clusterBytes,
    table_size: tableClusters,
    image_size: BigInt(2 * clusterBytes),
  });
  const l2Bytes = image.addL2Table(0);
  const at = image.addClusters(1);
  image.setEntry(l2Bytes, 1, at);
  image.file.write(at + 12288, new Uint8Array(4096).fill(0x55));
  return makeCase({
    name: `image/clusters of ${clusterBytes}, tables of ${tableClusters}`,
    about: "large clusters in a file that is mostly holes",
    image: image.file,
    guest: [`${clusterBytes + 12288} 55*4096`],
    map: [`0+${clusterBytes} absent`, `${clusterBytes}+${clusterBytes} data at ${at}`],
    check: { allocated: 1 },
  });
}

/** The thread's image: an exabyte, with its last cluster in use. */
function exabyte(): ImageCase {
  const clusterBytes = 2 ** 20;
  const sizeBytes = 2n ** 60n;
  const image = new ImageBuilder({
    cluster_size: clusterBytes,
    table_size: 16,
    image_size: sizeBytes,
  });
  const l2Bytes = image.addL2Table(2 ** 19 - 1);
  image.addData(l2Bytes, 2 ** 21 - 1, 0x77);
  const at = (offset: bigint) => ({ offset: `${offset}`, length: 4096 });
  return makeCase({
    name: "image/an exabyte",
    about: "offsets on the guest's disk do not fit 53 bits",
    image: image.file,
    guest: "huge",
    check: { allocated: 1 },
    read: [{ ...at(sizeBytes - 4096n), byte: 0x77 }, {
      ...at(sizeBytes - 2n ** 20n - 4096n),
      byte: 0,
    }],
  });
}

function plain(): ImageCase[] {
  const empty = (name: string, imageBytes: bigint) =>
    makeCase({
      name: `image/${name}`,
      about: "an L1 table without entries",
      image: new ImageBuilder({ image_size: imageBytes }).file,
      guest: [],
      map: imageBytes === 0n ? [] : [`0+${imageBytes} absent`],
      ...(imageBytes > 0n && { write: [0, 512, 1] as const }),
    });
  const ends = smallImage({ image_size: 12288n - 512n }).builder;
  return [
    empty("empty", 1n << 20n),
    empty("a disk of no bytes", 0n),
    empty("a disk of one sector", 512n),
    makeCase({
      name: "image/a disk that ends a sector before its last cluster",
      about: "the rest of the last cluster is not the guest's",
      image: ends.file,
      guest: ["0 a0*4096", "4096 a1*4096", "8192 a2*3584"],
      map: ["0+11776 data at 20480"],
      check: { allocated: 3 },
      write: [11264, 512, 0xee],
    }),
  ];
}

function zeroClusters(): ImageCase {
  const { builder, l2Bytes } = smallImage();
  for (const index of [3, 4, 6]) builder.setEntry(l2Bytes, index, 1);
  return makeCase({
    name: "image/zero clusters",
    about: "entries that are 1; a write to a part of one leaves zeroes around it",
    image: builder.file,
    guest: SMALL_GUEST,
    map: [
      "0+12288 data at 20480",
      "12288+8192 zero",
      "20480+4096 absent",
      "24576+4096 zero",
      "28672+1019904 absent",
    ],
    check: { allocated: 3 },
    write: [16384 + 1000, 7000, 0xee],
  });
}

/** Clusters and tables in unusual places. */
function places(): ImageCase[] {
  const backwards = new ImageBuilder();
  const table = backwards.addL2Table(0);
  for (const index of [2, 1, 0]) backwards.addData(table, index);

  const spread = new ImageBuilder({ image_size: 12n << 20n });
  const second = spread.addL2Table(1);
  spread.addData(second, 1023, 0x22);
  const third = spread.addL2Table(2);
  spread.addData(third, 0, 0x33);
  const first = spread.addL2Table(0);
  spread.addData(first, 5, 0x11);

  const moved = new ImageBuilder();
  const l2Bytes = moved.addL2Table(0);
  const l1Bytes = moved.addClusters(2);
  moved.setEntry(moved.l1Bytes, 0, 0).setEntry(l1Bytes, 0, l2Bytes);
  moved.setHeader({ l1_table_offset: BigInt(l1Bytes) });
  [4096, 8192].forEach((at, index) => {
    moved.file.write(at, new Uint8Array(4096).fill(0xa0 + index));
    moved.setEntry(l2Bytes, index, at);
  });
  return [
    makeCase({
      name: "image/data from the last cluster to the first",
      about: "the order in the file is free",
      image: backwards.file,
      guest: SMALL_GUEST,
      map: [
        "0+4096 data at 28672",
        "4096+4096 data at 24576",
        "8192+4096 data at 20480",
        "12288+1036288 absent",
      ],
      check: { allocated: 3, fragmented: 2 },
      write: [2048, 8192, 0xee],
    }),
    makeCase({
      name: "image/three L2 tables, the first one last",
      about: "each L2 table maps 4 MiB here; data on both sides of a border",
      image: spread.file,
      guest: ["20480 11*4096", "8384512 22*4096", "8388608 33*4096"],
      map: [
        "0+20480 absent",
        "20480+4096 data at 45056",
        "24576+8359936 absent",
        "8384512+4096 data at 20480",
        "8388608+4096 data at 32768",
        "8392704+4190208 absent",
      ],
      check: { allocated: 3 },
      write: [8388608 - 6000, 8000, 0xee],
    }),
    makeCase({
      name: "image/the L1 table behind everything else",
      about: "l1_table_offset may point anywhere after the header",
      image: moved.file,
      guest: ["0 a0*4096", "4096 a1*4096"],
      map: ["0+8192 data at 4096", "8192+1040384 absent"],
      check: { allocated: 2 },
      write: [7000, 3000, 0xee],
    }),
  ];
}

function withFields(name: string, about: string, fields: HeaderFields): ImageCase {
  const { builder } = smallImage(fields);
  const shift = ((fields.header_size ?? 1) - 1) * 4096;
  return makeCase({
    name: `image/${name}`,
    about,
    image: builder.file,
    guest: SMALL_GUEST,
    map: [`0+12288 data at ${20480 + shift}`, "12288+1036288 absent"],
    check: { allocated: 3 },
    write: [12288 - 100, 5000, 0xee],
  });
}

function tornTail(): ImageCase {
  const { builder } = smallImage();
  const endBytes = builder.file.sizeBytes;
  builder.file.grow(endBytes + 1000);
  builder.file.write(endBytes, new Uint8Array(1000).fill(0xdd));
  return makeCase({
    name: "image/bytes of an unfinished cluster at the end",
    about: "the file's size is rounded down; what follows must never come to light",
    image: builder.file,
    guest: SMALL_GUEST,
    map: SMALL_MAP,
    check: { allocated: 3 },
    write: [40960 + 2000, 10, 0xee],
  });
}

/** All of them. */
export function goodImages(): ImageCase[] {
  return [
    ...plain(),
    ...[[4096, 1], [4096, 16], [8192, 2], [16384, 4], [32768, 8], [65536, 4], [65536, 16]]
      .map(([clusterBytes, tableClusters]) => geometryCase(clusterBytes, tableClusters)),
    largeClusters(2 ** 21, 2),
    largeClusters(2 ** 24, 2),
    largeClusters(2 ** 26, 1),
    exabyte(),
    zeroClusters(),
    ...places(),
    withFields("a header of three clusters", "header_size moves everything after it", {
      header_size: 3,
    }),
    withFields("unknown compatible bits", "ignored, and kept by a write", {
      compat_features: (1n << 63n) + 4n,
    }),
    withFields("unknown autoclear bits", "ignored, and cleared before the first write", {
      autoclear_features: (1n << 63n) + 1n,
    }),
    tornTail(),
  ];
}
