import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "./format_error.ts";
import { deriveGeometry, maxImageBytes } from "./geometry.ts";
import { encodeHeader, hasQedMagic, type Header, imageSizeRule, parseHeader } from "./header.ts";

const FILE_BYTES = 2 ** 20;

/** The 64 bytes of a valid rfc header, with some 32-bit words changed. */
function rfcHeader(words: Readonly<Record<number, number>> = {}): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  const plain = { 0: 0x00444551, 4: 4096, 8: 2, 12: 1, 32: 4096, 40: 8192 };
  for (const [offset, value] of Object.entries({ ...plain, ...words })) {
    view.setUint32(Number(offset), value, true);
  }
  return bytes;
}

function parse(bytes: Uint8Array, layout?: "final" | "rfc", fileBytes = FILE_BYTES): Header {
  return parseHeader(bytes, { fileBytes, ...(layout && { layout }) });
}

/** What each word of an rfc header may not be, and the field that is named then. */
const rfcRefusals: [string, Record<number, number>, [string, number, bigint | number]][] = [
  ["another magic", { 0: 7 }, ["magic", 0, 7]],
  ["a cluster size that is no power of two", { 4: 4095 }, ["cluster_size", 4, 4095]],
  ["a table size out of range", { 8: 32 }, ["table_size", 8, 32]],
  ["no header cluster", { 12: 0 }, ["header_size", 12, 0]],
  ["NEED_CHECK, which rfc does not know", { 16: 2 }, ["features", 16, 2n]],
  ["an L1 table in the header", { 32: 0 }, ["l1_table_offset", 32, 0n]],
  ["an unaligned L1 table", { 32: 4608 }, ["l1_table_offset", 32, 4608n]],
  ["an L1 table past the end", { 32: FILE_BYTES }, ["l1_table_offset", 32, BigInt(FILE_BYTES)]],
  ["an image of no bytes", { 40: 0 }, ["image_size", 40, 0n]],
  ["an image that ends in a cluster", { 40: 8704 }, ["image_size", 40, 8704n]],
  ["an image the tables cannot map", { 44: 2 }, ["image_size", 40, 8192n + (2n << 32n)]],
  ["a backing file without name", { 16: 1 }, ["backing_file_size", 52, 0]],
  [
    "a backing file name that leaves the header",
    { 16: 1, 48: 4090, 52: 7 },
    ["backing_file_offset", 48, 4090],
  ],
  [
    "an empty backing format",
    { 16: 1, 24: 1, 48: 64, 52: 4, 60: 0 },
    ["backing_fmt_size", 60, 0],
  ],
  [
    "a backing format that leaves the header",
    { 16: 1, 24: 1, 48: 64, 52: 4, 56: 4095, 60: 3 },
    ["backing_fmt_offset", 56, 4095],
  ],
];

for (const [name, words, expected] of rfcRefusals) {
  Deno.test(`the rfc layout refuses ${name}`, () => {
    const error = assertThrows(() => parse(rfcHeader(words), "rfc"), FormatError);
    assertEquals([error.field, error.offsetBytes, error.value], expected);
  });
}

Deno.test("the rfc layout is accepted if the final one is invalid, and reported", () => {
  const header = parse(rfcHeader({ 16: 1, 24: 1, 48: 64, 52: 4, 56: 68, 60: 3 }));
  assertEquals(header, {
    layout: "rfc",
    geometry: deriveGeometry(4096, 2),
    headerClusters: 1,
    features: 1n,
    compatFeatures: 1n,
    autoclearFeatures: 0n,
    l1TableOffsetBytes: 4096,
    imageBytes: 8192n,
    backingName: { offsetBytes: 64, sizeBytes: 4 },
    backingFormat: { offsetBytes: 68, sizeBytes: 3 },
  });
});

Deno.test("the rfc layout ignores names that its bits do not announce", () => {
  const header = parse(rfcHeader({ 24: 1, 48: 5000, 52: 9999, 56: 1, 60: 2 ** 31 }));
  assertEquals([header.layout, header.backingName, header.backingFormat], [
    "rfc",
    undefined,
    undefined,
  ]);
});

Deno.test("where both layouts are invalid the error is the one of the final layout", () => {
  const error = assertThrows(() => parse(rfcHeader({ 32: 1 }), undefined, 12288), FormatError);
  assertEquals([error.field, error.offsetBytes, error.value], ["l1_table_offset", 40, 8192n]);
  assertEquals(error.rule.includes("4096"), true);
});

/** Valid in both layouts: as rfc an image of 8192 bytes, as final one of none. */
const BOTH = rfcHeader();

Deno.test("where both layouts are valid final is preferred, unless one is forced", () => {
  // In a file this long the rfc layout's image_size is a place for an L1 table.
  assertEquals(parse(BOTH).layout, "final");
  assertEquals(parse(BOTH).imageBytes, 0n);
  assertEquals(parse(BOTH, "rfc").imageBytes, 8192n);
  assertEquals(parse(BOTH, "final").layout, "final");
  assertEquals(parse(BOTH, undefined, 16384 - 1).layout, "rfc");
});

Deno.test("with a forced layout the other one is not tried", () => {
  assertThrows(() => parse(BOTH, "final", 12288), FormatError, "l1_table_offset");
  assertThrows(() => parse(rfcHeader({ 40: 0, 48: 512 }), "rfc"), FormatError, "image_size");
});

Deno.test("an encoded header is parsed again, in both layouts", () => {
  const common = {
    geometry: deriveGeometry(65536, 4),
    headerClusters: 2,
    compatFeatures: 0xf0n,
    l1TableOffsetBytes: 131072,
    imageBytes: 2n ** 40n,
    backingName: { offsetBytes: 64, sizeBytes: 9 },
  };
  const headers: Header[] = [
    { ...common, layout: "final", features: 7n, autoclearFeatures: 5n },
    {
      ...common,
      layout: "rfc",
      features: 1n,
      compatFeatures: 0xf1n,
      autoclearFeatures: 0n,
      backingFormat: { offsetBytes: 73, sizeBytes: 3 },
    },
  ];
  for (const header of headers) {
    const bytes = new Uint8Array(64);
    encodeHeader(header, bytes);
    assertEquals(parse(bytes, header.layout), header);
  }
});

Deno.test("offsets beyond 2^53 are refused by their exact value", () => {
  const bytes = rfcHeader({ 32: 1, 36: 0x80000000 });
  const error = assertThrows(() => parse(bytes, "rfc"), FormatError);
  assertEquals(error.value, 0x8000000000000001n);
});

Deno.test("a name or header larger than the file is an error and not an allocation", () => {
  const huge = rfcHeader({ 4: 2 ** 26, 12: 2 ** 32 - 1, 16: 1, 48: 64, 52: 2 ** 32 - 1 });
  assertThrows(() => parse(huge, "rfc"), FormatError, "header_size");
});

Deno.test("the magic alone tells whether bytes may be an image", () => {
  assertEquals(hasQedMagic(rfcHeader()), true);
  assertEquals(hasQedMagic(rfcHeader().subarray(0, 4)), true);
  assertEquals(hasQedMagic(rfcHeader().subarray(0, 3)), false);
  assertEquals(hasQedMagic(new Uint8Array(64)), false);
});

Deno.test("image sizes are bounded by the tables, and by 2^63", () => {
  const exabyte = deriveGeometry(2 ** 20, 16);
  assertEquals(maxImageBytes(exabyte), 2n ** 62n);
  assertEquals(imageSizeRule(2n ** 60n, exabyte, "final"), undefined);
  assertEquals(imageSizeRule(2n ** 62n, exabyte, "rfc"), undefined);
  assertEquals(imageSizeRule(2n ** 62n + 512n, exabyte, "final")?.startsWith("must be at"), true);
  const larger = deriveGeometry(2 ** 26, 16);
  assertEquals(maxImageBytes(larger), 2n ** 80n);
  assertEquals(imageSizeRule(2n ** 63n, larger, "final"), undefined);
  assertEquals(imageSizeRule(2n ** 63n + 512n, larger, "final"), `must be at most ${2n ** 63n}`);
});
