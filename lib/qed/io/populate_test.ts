import { assertEquals, assertThrows } from "@std/assert";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import type { Request } from "../../storage/request.ts";
import { runSync } from "../../storage/run_sync.ts";
import { createImage } from "../image/create.ts";
import { ImageError } from "../format/format_error.ts";
import { nextExtent } from "./extents.ts";
import { openImage } from "../open.ts";
import { populateImage } from "./populate.ts";
import { readImage } from "./read_image.ts";
import { CLUSTER, PER_TABLE, SmallImage } from "./unmapping_testing.ts";
import { writeImage } from "./write.ts";

/** Data in the first cluster, in the third to the tenth, and in half of one after the first table. */
function backing(): Uint8Array {
  const bytes = new Uint8Array(PER_TABLE + CLUSTER / 2);
  for (const [from, to] of [[0, 1], [2, 10], [512, 513]]) {
    bytes.fill(0xbb, from * CLUSTER, to * CLUSTER);
  }
  return bytes;
}

Deno.test("data is copied with one flush and one write of entries, zeroes become zero clusters", () => {
  const small = new SmallImage({ backing: backing() });
  small.write(4 * CLUSTER, CLUSTER, 5);
  const labels = small.labels(populateImage(small.image, 0, PER_TABLE));
  assertEquals(labels, ["data", "data", "data", "flush", "l2-table"]);
  assertEquals(small.extents(), [
    [0, 1, "data"],
    [1, 1, "zero"],
    [2, 2, "data"],
    [4, 1, "data"],
    [5, 5, "data"],
    [10, 502, "zero"],
  ]);
  assertEquals([0, CLUSTER, 4 * CLUSTER, 9 * CLUSTER].map((at) => small.byteAt(at)), [
    0xbb,
    0,
    5,
    0xbb,
  ]);
  small.image.backing = undefined;
  assertEquals(small.byteAt(9 * CLUSTER), 0xbb, "the backing file is not needed any more");
  assertEquals(small.check(), { corruptions: 0, leaks: 0 });
  assertEquals(small.labels(populateImage(small.image, 0, PER_TABLE)), [], "all is there");
});

Deno.test("clusters past the end of the backing file stay unallocated", () => {
  const small = new SmallImage({ backing: backing() });
  const labels = small.labels(populateImage(small.image, PER_TABLE, 3 * PER_TABLE));
  assertEquals(labels, ["data", "flush", "new-l2-table", "flush", "l1-table"]);
  assertEquals(small.extents(), [[512, 1, "data"]]);
  assertEquals([small.byteAt(PER_TABLE), small.byteAt(PER_TABLE + CLUSTER / 2)], [0xbb, 0]);
});

Deno.test("zeroes can stay unallocated, for an image that will lose its backing file", () => {
  const small = new SmallImage({ backing: backing() });
  small.run(populateImage(small.image, 0, 4 * PER_TABLE, { leavesZeroes: true }));
  assertEquals(small.extents(), [[0, 1, "data"], [2, 8, "data"], [512, 1, "data"]]);
});

Deno.test("a cluster that only touches the range is copied whole", () => {
  const small = new SmallImage({ backing: backing() });
  small.run(populateImage(small.image, 3 * CLUSTER + 700, CLUSTER));
  assertEquals(small.extents(), [[3, 2, "data"]]);
});

Deno.test("the rfc layout has no zero clusters: zeroes are copied as data", () => {
  const small = new SmallImage({ backing: backing(), layout: "rfc" });
  small.run(populateImage(small.image, 0, 3 * CLUSTER));
  assertEquals(small.extents(), [[0, 3, "data"]]);
  assertEquals([small.byteAt(0), small.byteAt(CLUSTER)], [0xbb, 0]);
});

Deno.test("an image that copies on read has copied the clusters that were read", () => {
  const small = new SmallImage({ backing: backing() });
  small.image.copiesOnRead = true;
  const into = new Uint8Array(2 * CLUSTER);
  small.run(readImage(small.image, 2 * CLUSTER + 1, into));
  assertEquals([into[0], into[2 * CLUSTER - 1]], [0xbb, 0xbb]);
  assertEquals(small.extents(), [[2, 3, "data"]]);
  assertEquals(small.labels(readImage(small.image, 2 * CLUSTER, into)), []);
});

Deno.test("a read-only image, or one after a failure, reads without copying", () => {
  const small = new SmallImage({ backing: backing() });
  small.image.failure = new Error("a failure");
  small.image.copiesOnRead = true;
  assertEquals([small.byteAt(0), small.extents()], [0xbb, []]);
});

Deno.test("zeroes by the tables of a QED backing file are not read", () => {
  const files = [new MemoryStorage(), new MemoryStorage()];
  const reads: Request[] = [];
  const counted = files.map((file) => ({
    perform(request: Request) {
      if (request.kind === "read" && request.label === "data") reads.push(request);
      return file.perform(request);
    },
  }));
  const sizes = { clusterBytes: CLUSTER, tableClusters: 1, imageBytes: PER_TABLE };
  runSync(createImage({ ...sizes, file: 1 }), counted);
  const base = runSync(openImage({ file: 1, writable: true }), counted);
  runSync(writeImage(base, 300 * CLUSTER, new Uint8Array(512).fill(0xbb)), counted);
  runSync(createImage({ ...sizes, backing: { name: "base", isRaw: false } }), counted);
  const image = runSync(openImage({ writable: true }), counted);
  image.backing = { kind: "qed", image: base };
  runSync(populateImage(image, 0, 300 * CLUSTER), counted);
  assertEquals(reads, []);
  assertEquals(runSync(nextExtent(image, 0n), counted)?.lengthBytes, 300n * BigInt(CLUSTER));
  runSync(populateImage(image, 300 * CLUSTER, CLUSTER), counted);
  assertEquals(reads.length, 1);
});

Deno.test("without a backing file nothing is copied; one that is not attached is an error", () => {
  const alone = new SmallImage();
  assertEquals(alone.labels(populateImage(alone.image, 0, 4 * PER_TABLE)), []);
  const small = new SmallImage({ backing: backing() });
  small.image.backing = undefined;
  const populate = () => small.run(populateImage(small.image, 0, 1));
  assertThrows(populate, ImageError, '"base" is not open');
  const outside = () => small.run(populateImage(small.image, 4 * PER_TABLE, 1));
  assertThrows(outside, ImageError, "outside the image");
});
