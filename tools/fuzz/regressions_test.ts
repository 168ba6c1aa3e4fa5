/** What the fuzzer found, each as the smallest case that shows it. */
import { assertEquals, assertThrows } from "@std/assert";
import { smallImage } from "../../lib/qed/format/image_builder.ts";
import {
  FormatError,
  MemoryStorage,
  nextExtent,
  openImage,
  repairImage,
  runSync,
} from "../../lib/mod.ts";
import { Table } from "../../lib/qed/format/table.ts";
import { buildFiles, type FuzzCase, numberEdit } from "./fuzz_case.ts";

/** A header and an L1 table in clusters of 4096 bytes, and `tailBytes` more. */
function imageWithTail(tailBytes: number): FuzzCase {
  const edits: FuzzCase["files"][0]["edits"] = [
    { kind: "size", sizeBytes: 3 * 4096 + tailBytes, what: "header, L1 table, torn tail" },
    { kind: "bytes", at: 0, hex: "51454400", what: "magic" },
    numberEdit(4, 4096, 4, "cluster_size"),
    numberEdit(8, 2, 4, "table_size"),
    numberEdit(12, 1, 4, "header_size"),
    numberEdit(40, 4096, 8, "l1_table_offset"),
  ];
  return { about: "a torn tail", files: [{ name: "image.qed", edits }], steps: [] };
}

function sizeAfterRepair(tailBytes: number, leaks: boolean): number {
  const [file] = buildFiles(imageWithTail(tailBytes));
  const storage = new MemoryStorage(file.read(0, file.sizeBytes));
  const image = runSync(openImage({ writable: true }), [storage]);
  const result = runSync(repairImage(image, { corruptions: true, leaks }), [storage]);
  assertEquals([result.leaks, result.leaksFixed, result.corruptions], [0, 0, 0]);
  return storage.sizeBytes;
}

Deno.test("what follows the last whole cluster is given back with the leaks", () => {
  // QEMU takes a cluster that lacks up to 511 bytes for a whole one, which nothing refers to.
  for (const tailBytes of [0, 1, 4095 - 511, 4095]) {
    assertEquals(sizeAfterRepair(tailBytes, true), 3 * 4096);
    assertEquals(sizeAfterRepair(tailBytes, false), 3 * 4096 + tailBytes);
  }
});

/** An image of 576 KiB whose 32768 L1 entries all point at one L2 table, full of `entry`. */
function oneTableForAll(entry: 0 | 1): MemoryStorage {
  const [clusterBytes, tableClusters] = [65536, 4];
  const tableBytes = clusterBytes * tableClusters;
  const bytes = new Uint8Array(clusterBytes + 2 * tableBytes);
  const view = new DataView(bytes.buffer);
  [0x00444551, clusterBytes, tableClusters, 1].forEach((value, i) =>
    view.setUint32(4 * i, value, true)
  );
  view.setBigUint64(40, BigInt(clusterBytes), true);
  view.setBigUint64(48, 2n ** 46n, true);
  const words = new BigUint64Array(bytes.buffer);
  words.fill(BigInt(clusterBytes + tableBytes), clusterBytes / 8, (clusterBytes + tableBytes) / 8);
  words.fill(BigInt(entry), (clusterBytes + tableBytes) / 8);
  return new MemoryStorage(bytes);
}

Deno.test("a map looks into an L2 table once, however many L1 entries share it", () => {
  const { extentLength } = Table.prototype;
  let looks = 0;
  Table.prototype.extentLength = function (index, most, clusterBytes) {
    looks++;
    return extentLength.call(this, index, most, clusterBytes);
  };
  try {
    for (const [entry, state] of [[0, "unallocated"], [1, "zero"]] as const) {
      const files = [oneTableForAll(entry)];
      const image = runSync(openImage(), files);
      looks = 0;
      const extent = runSync(nextExtent(image, 0n), files);
      assertEquals(extent, { startBytes: 0n, lengthBytes: 2n ** 46n, state });
      assertEquals(looks, 1);
    }
  } finally {
    Table.prototype.extentLength = extentLength;
  }
});

Deno.test("an extent ends before an entry that is wrong, and only the next one is refused", () => {
  // Convert gave up on an overlay that hides the wrong entry of its backing file; QEMU did not.
  const { builder, l2Bytes } = smallImage();
  builder.setEntry(l2Bytes, 5, 24575);
  const files = [new MemoryStorage(builder.toBytes())];
  const image = runSync(openImage(), files);
  const next = (offset: bigint) => runSync(nextExtent(image, offset), files);
  assertEquals(next(0n)?.lengthBytes, 3n * 4096n);
  const lengthBytes = 2n * 4096n;
  assertEquals(next(12288n), { startBytes: 12288n, lengthBytes, state: "unallocated" });
  assertThrows(() => next(20480n), FormatError, "l2_table[0][5]");
  assertEquals(next(24576n)?.state, "unallocated");
});
