import { assertEquals, assertThrows } from "@std/assert";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { runSync } from "../../storage/run_sync.ts";
import { createImage } from "../image/create.ts";
import { FormatError, ImageError } from "../format/format_error.ts";
import { openImage } from "../open.ts";
import { CLUSTER, PER_TABLE, SmallImage } from "./unmapping_testing.ts";
import { writeImage } from "./write.ts";
import { writeZeroes } from "./write_zeroes.ts";

function backing(length: number): Uint8Array {
  return new Uint8Array(length).fill(0xbb);
}

Deno.test("whole clusters are unmapped by one write of their entries", () => {
  const small = new SmallImage();
  small.write(0, 100 * CLUSTER);
  small.write(PER_TABLE, CLUSTER);
  assertEquals(small.labels(writeZeroes(small.image, CLUSTER, 80 * CLUSTER)), ["l2-table"]);
  assertEquals(small.extents(), [[0, 1, "data"], [81, 19, "data"], [512, 1, "data"]]);
  const all = small.labels(writeZeroes(small.image, 0, 4 * PER_TABLE));
  assertEquals(all, ["l2-table", "l2-table"]);
  assertEquals(small.extents(), []);
  assertEquals(small.labels(writeZeroes(small.image, 0, 4 * PER_TABLE)), []);
});

Deno.test("with a backing file they become zero clusters, in new L2 tables where needed", () => {
  const small = new SmallImage({ backing: backing(2 * PER_TABLE + CLUSTER + 1) });
  const newTable = ["new-l2-table", "flush", "l1-table"];
  assertEquals(small.labels(writeZeroes(small.image, CLUSTER, 3 * CLUSTER)), newTable);
  assertEquals(small.extents(), [[1, 3, "zero"]]);
  small.write(6 * CLUSTER, CLUSTER);
  const all = small.labels(writeZeroes(small.image, 0, 4 * PER_TABLE));
  assertEquals(all, ["l2-table", ...newTable, ...newTable], "none past the backing file");
  assertEquals(small.extents(), [[0, 2 * 512 + 2, "zero"]]);
  assertEquals(small.byteAt(2 * PER_TABLE + CLUSTER), 0);
});

Deno.test("a backing file that is not attached is hidden up to the end of the disk", () => {
  const small = new SmallImage({ backing: backing(CLUSTER), imageBytes: 2 * CLUSTER + 512 });
  small.image.backing = undefined;
  small.run(writeZeroes(small.image, CLUSTER, CLUSTER + 512));
  assertEquals(small.extents(), [[1, 2, "zero"]]);
  assertThrows(() => small.run(writeZeroes(small.image, 0, 512)), ImageError, '"base" is not open');
});

Deno.test("a part is written as zeroes, or its cluster is unmapped", () => {
  const small = new SmallImage();
  small.write(CLUSTER, CLUSTER);
  assertEquals(small.labels(writeZeroes(small.image, CLUSTER + 512, CLUSTER - 512)), ["data"]);
  assertEquals([small.byteAt(CLUSTER + 511), small.byteAt(CLUSTER + 512)], [1, 0]);
  assertEquals(small.labels(writeZeroes(small.image, CLUSTER, 512)), ["l2-table"]);
  assertEquals(small.extents(), []);
  assertEquals(small.labels(writeZeroes(small.image, CLUSTER, 512)), [], "nothing is there");
});

Deno.test("a part of a cluster with backing data is allocated, or becomes a zero cluster", () => {
  const bytes = backing(4 * CLUSTER);
  bytes.fill(0, CLUSTER, 2 * CLUSTER - 512);
  const small = new SmallImage({ backing: bytes });
  small.run(writeZeroes(small.image, 512, 512));
  small.run(writeZeroes(small.image, 2 * CLUSTER - 512, 512));
  small.run(writeZeroes(small.image, 5 * CLUSTER, 512));
  assertEquals(small.extents(), [[0, 1, "data"], [1, 1, "zero"]]);
  assertEquals([511, 512, 1023, 1024].map((at) => small.byteAt(at)), [0xbb, 0, 0, 0xbb]);
});

Deno.test("the last cluster is whole if the range reaches the end of the disk", () => {
  const small = new SmallImage({ imageBytes: 2 * CLUSTER + 512 });
  small.write(0, 2 * CLUSTER + 512);
  assertEquals(small.labels(writeZeroes(small.image, CLUSTER, CLUSTER + 512)), ["l2-table"]);
  assertEquals(small.extents(), [[0, 1, "data"]]);
});

Deno.test("the rfc layout has no zero clusters: unallocated, or zeroes as data", () => {
  const alone = new SmallImage({ layout: "rfc" });
  alone.write(0, 3 * CLUSTER);
  alone.run(writeZeroes(alone.image, CLUSTER, 2 * CLUSTER));
  assertEquals(alone.extents(), [[0, 1, "data"]]);

  const over = new SmallImage({ layout: "rfc", backing: backing(3 * CLUSTER) });
  over.run(writeZeroes(over.image, CLUSTER, 4 * PER_TABLE - CLUSTER));
  assertEquals(over.extents(), [[1, 2, "data"]]);
  assertEquals([CLUSTER - 1, CLUSTER, 2 * CLUSTER].map((at) => over.byteAt(at)), [0xbb, 0, 0]);
  assertEquals(over.check(), { corruptions: 0, leaks: 0 });
});

Deno.test("an exabyte with nothing in it costs nothing", () => {
  const file = new MemoryStorage();
  const sizes = { imageBytes: 2n ** 60n, clusterBytes: 2 ** 20, tableClusters: 16 };
  runSync(createImage(sizes), [file]);
  const image = runSync(openImage({ writable: true }), [file]);
  const before = file.sizeBytes;
  runSync(writeZeroes(image, 0, 2n ** 60n), [file]);
  runSync(writeZeroes(image, 1n, 2n ** 60n - 1n), [file]);
  assertEquals(file.sizeBytes, before);
  runSync(writeImage(image, 2n ** 59n, new Uint8Array([1])), [file]);
  runSync(writeZeroes(image, 1n, 2n ** 60n - 2n), [file]);
  assertEquals(image.free.freed.clusterCount, 1);
});

Deno.test("a range outside the image, and an image that takes no writes, are refused", () => {
  const small = new SmallImage({ imageBytes: CLUSTER });
  for (const [offset, length] of [[-1, 1], [0, CLUSTER + 1], [CLUSTER, 1], [0, -1]]) {
    const message = `${length} bytes at ${offset} are outside the image of ${CLUSTER} bytes`;
    const zero = () => small.run(writeZeroes(small.image, offset, length));
    assertThrows(zero, ImageError, message);
  }
  assertEquals(small.labels(writeZeroes(small.image, CLUSTER, 0)), []);
  const readOnly = small.run(openImage());
  assertThrows(() => small.run(writeZeroes(readOnly, 0, 1)), ImageError, "read-only");
});

Deno.test("an invalid entry is reported, and its table does not change", () => {
  const small = new SmallImage();
  small.write(0, 4 * CLUSTER);
  const table = small.image.l2Cache.peek(small.image.l1.entry(0));
  table?.setEntry(2, 5 * CLUSTER + 1);
  const zero = () => small.labels(writeZeroes(small.image, 0, 4 * CLUSTER));
  const error = assertThrows(zero, FormatError);
  assertEquals([error.field, error.value], ["l2_table[0][2]", BigInt(5 * CLUSTER + 1)]);
  assertEquals(small.storage.takeLabels(), []);
  assertEquals([small.byteAt(0), small.image.free.freed.clusterCount], [1, 0]);
});
