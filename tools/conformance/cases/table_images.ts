/** Images with a valid header and one thing wrong in their tables, or cut short; by hand. */
import type { CheckCounts, ImageCase } from "./case.ts";
import { SMALL_GUEST } from "./good_images.ts";
import { type HeaderFields, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { makeCase } from "./make_case.ts";

const CLUSTER_BYTES = 4096;
/** smallImage: header, L1 table of two clusters, L2 table of two, data of three. */
const PLACES = { l1: 4096, l2: 12288, data: 20480, end: 32768 } as const;

const BEYOND_NUMBERS: readonly bigint[] = [
  1n << 40n,
  (1n << 53n) + 4096n,
  1n << 63n,
  (1n << 64n) - 4096n,
  (1n << 64n) - 1n,
];

/** An L2 entry, for a cluster that had none, that points nowhere good. */
function badL2Entry(why: string, value: bigint | number, fields: HeaderFields = {}): ImageCase {
  const { builder, l2Bytes } = smallImage(fields);
  builder.setEntry(l2Bytes, 3, value);
  return makeCase({
    name: `table/L2 entry = ${value}`,
    about: `${why}`,
    image: builder.file,
    guest: "refuse",
    error: [`l2_table[0][3]`, l2Bytes + 24, value],
    check: {
      corruptions: 1,
      allocated: 4,
      // Right behind the cluster before it, wrong though it is, an entry is no fragment.
      fragmented: BigInt(value) === BigInt(PLACES.end) ? 0 : 1,
    },
    repaired: { guest: SMALL_GUEST },
  });
}

/** A second L1 entry that points nowhere good. */
function badL1Entry(why: string, value: bigint | number, fields: HeaderFields = {}): ImageCase {
  const { builder } = smallImage({ image_size: 8n << 20n, ...fields });
  builder.setEntry(builder.l1Bytes, 1, value);
  return makeCase({
    name: `table/L1 entry = ${value}`,
    about: why,
    image: builder.file,
    guest: "refuse",
    error: ["l1_table[1]", builder.l1Bytes + 8, value],
    check: { corruptions: 1, allocated: 3 },
    repaired: { guest: SMALL_GUEST },
  });
}

function badEntries(): ImageCase[] {
  const { data, end } = PLACES;
  return [
    ...[2, 511, 512, 4095].map((value) => badL2Entry("in the header, not aligned", value)),
    badL2Entry("in the header", 4096, { header_size: 2 }),
    ...[1, 512, 4095].map((odd) => badL2Entry("not aligned", data + odd)),
    badL2Entry("the cluster begins where the file ends", end),
    badL2Entry("past the end of the file", end + CLUSTER_BYTES),
    ...BEYOND_NUMBERS.map((value) => badL2Entry("far past the end of any file", value)),
    badL1Entry("1 means zeroes in L2 tables only", 1),
    ...[2, 512].map((value) => badL1Entry("in the header, not aligned", value)),
    badL1Entry("in the header", 4096, { header_size: 2 }),
    badL1Entry("not aligned", PLACES.l2 + 512),
    badL1Entry("the table's last cluster is past the end of the file", end - CLUSTER_BYTES),
    badL1Entry("the table begins where the file ends", end),
    ...BEYOND_NUMBERS.map((value) => badL1Entry("far past the end of any file", value)),
  ];
}

/** An L2 entry that points at what is something else already. */
function sharedData(what: string, value: number, own?: number): ImageCase {
  const { builder, l2Bytes } = smallImage();
  builder.setEntry(l2Bytes, 9, value);
  return makeCase({
    name: `table/L2 entry that points at ${what}`,
    about: "each cluster may be referred to once",
    image: builder.file,
    check: { corruptions: 1, allocated: 4, fragmented: 1 },
    repaired: {
      guest: SMALL_GUEST,
      undecided: [[9 * 4096, 4096], ...(own === undefined ? [] : [[own * 4096, 4096] as const])],
    },
  });
}

/** An L1 entry that points at what is something else already. */
function sharedTable(
  what: string,
  value: number,
  options: { readonly index?: number; readonly check?: Partial<CheckCounts> } = {},
): ImageCase {
  const { builder } = smallImage({ image_size: 8n << 20n });
  builder.setEntry(builder.l1Bytes, options.index ?? 1, value);
  return makeCase({
    name: `table/L1 entry that points at ${what}`,
    about: "each cluster may be referred to once; a table counts once for each it shares",
    image: builder.file,
    check: { corruptions: 2, allocated: 3, ...options.check },
    repaired: { guest: [], undecided: [[0, 8 << 20]] },
  });
}

function overlaps(): ImageCase[] {
  const { l1, l2, data } = PLACES;
  return [
    sharedData("another cluster of data", data + 4096, 1),
    sharedData("the L1 table", l1),
    sharedData("the second cluster of the L1 table", l1 + 4096),
    sharedData("its own table", l2),
    sharedData("the second cluster of its own table", l2 + 4096),
    sharedTable("another L2 table", l2),
    sharedTable("half of another L2 table and data", l2 + 4096),
    sharedTable("data", data),
    sharedTable("the L1 table itself", l1, { index: 0, check: { leaks: 5, allocated: 0 } }),
    twoTables(),
  ];
}

function twoTables(): ImageCase {
  const { builder, dataBytes } = smallImage({ image_size: 8n << 20n });
  const second = builder.addL2Table(1);
  builder.setEntry(second, 0, dataBytes[2]);
  return makeCase({
    name: "table/two L2 tables that point at the same data",
    about: "each cluster may be referred to once",
    image: builder.file,
    check: { corruptions: 1, allocated: 4 },
    repaired: { guest: SMALL_GUEST, undecided: [[8192, 4096], [4 << 20, 4096]] },
  });
}

/** An image whose file ends early. `lost`: how many of the three clusters of data. */
function cutImage(where: string, sizeBytes: number, lost: number): ImageCase {
  const { builder, l2Bytes } = smallImage();
  builder.file.resize(sizeBytes);
  const first = 3 - lost;
  return makeCase({
    name: `cut/${where}`,
    about: "the file ends early; its size is rounded down to a whole cluster",
    image: builder.file,
    guest: "refuse",
    error: [`l2_table[0][${first}]`, l2Bytes + 8 * first, PLACES.data + 4096 * first],
    check: { corruptions: lost, allocated: 3 },
    repaired: { guest: SMALL_GUEST.slice(0, first) },
  });
}

/** An image whose file ends before or in its L2 table. */
function cutTable(where: string, sizeBytes: number, leaks: number): ImageCase {
  const { builder } = smallImage();
  builder.file.resize(sizeBytes);
  return makeCase({
    name: `cut/${where}`,
    about: "the file ends before the end of an L2 table",
    image: builder.file,
    guest: "refuse",
    error: ["l1_table[0]", PLACES.l1, PLACES.l2],
    check: { corruptions: 1, leaks },
    repaired: { guest: [] },
  });
}

function cuts(): ImageCase[] {
  const { l2, data, end } = PLACES;
  return [
    cutTable("behind the L1 table", l2, 0),
    cutTable("a byte into the L2 table", l2 + 1, 0),
    cutTable("in the middle of the L2 table", l2 + 4096, 1),
    cutTable("a sector before the end of the L2 table", data - 512, 1),
    cutImage("behind the L2 table", data, 3),
    cutImage("a byte into the data", data + 1, 3),
    cutImage("behind the first cluster of data", data + 4096, 2),
    cutImage("in the middle of the last cluster", end - 2048, 1),
    cutImage("a sector before the end", end - 512, 1),
    cutImage("a byte before the end", end - 1, 1),
  ];
}

/** All of them. */
export function tableImages(): ImageCase[] {
  return [...badEntries(), ...overlaps(), ...cuts()];
}
