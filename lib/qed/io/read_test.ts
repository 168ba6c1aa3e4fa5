import { assertEquals } from "@std/assert";
import { smallImage } from "../format/image_builder.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { FileStorage } from "../../storage/file_storage.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { AsyncDriver } from "../../storage/run_async.ts";
import { runSync } from "../../storage/run_sync.ts";
import { closeImage } from "../image/close.ts";
import { createImage } from "../image/create.ts";
import { openImage } from "../open.ts";
import { RFC } from "../format/profile.ts";
import { readImage } from "./read_image.ts";
import { addBytes } from "./read.ts";
import { writeImage } from "./write.ts";

const CLUSTER = 4096;

Deno.test("one read spans clusters of every kind, in any order in the file", () => {
  const { builder, l2Bytes, dataBytes } = smallImage({ image_size: 1n << 23n });
  // 0 and 1 are swapped in the file, 3 is a zero cluster, 4 is unallocated, 5 has stale bytes.
  builder.setEntry(l2Bytes, 0, dataBytes[1]).setEntry(l2Bytes, 1, dataBytes[0]);
  builder.setEntry(l2Bytes, 3, 1);
  builder.addData(l2Bytes, 5);
  const file = new MemoryStorage(builder.toBytes());
  const image = runSync(openImage(), [file]);
  const into = new Uint8Array(7 * CLUSTER).fill(0xff);
  runSync(readImage(image, 0, into), [file]);
  const firsts = Array.from({ length: 7 }, (_, i) => into[i * CLUSTER]);
  const lasts = Array.from({ length: 7 }, (_, i) => into[i * CLUSTER + CLUSTER - 1]);
  assertEquals(firsts, [0xa1, 0xa0, 0xa2, 0, 0, 0xa5, 0]);
  assertEquals(lasts, firsts);
  runSync(readImage(image, 1024 * CLUSTER - 1, into.subarray(0, 2).fill(0xff)), [file]);
  assertEquals([into[0], into[1]], [0, 0], "where there is no table at all");
});

Deno.test("rfc: the missing end of a cluster cut by a crash reads as zeroes", () => {
  const { builder, l2Bytes } = smallImage();
  const offset = builder.addData(l2Bytes, 7);
  builder.file.resize(offset + 100);
  const file = new MemoryStorage(builder.toBytes());
  const image = runSync(openImage({ profile: RFC }), [file]);
  const into = new Uint8Array(3).fill(0xff);
  runSync(readImage(image, 7 * CLUSTER + 98, into), [file]);
  assertEquals(into, new Uint8Array([0xa7, 0xa7, 0]));
  runSync(readImage(image, 8 * CLUSTER - 3, into.fill(0xff)), [file]);
  assertEquals(into, new Uint8Array(3));
});

Deno.test("parallel reads see the same as sequential ones", async () => {
  await inTempDir(async (dir) => {
    using file = FileStorage.open(`${dir}/image.qed`, "create");
    const imageBytes = 1100 * CLUSTER;
    runSync(createImage({ imageBytes, clusterBytes: CLUSTER, tableClusters: 1 }), [file]);
    const writer = runSync(openImage({ writable: true }), [file]);
    const spots = Array.from({ length: 60 }, (_, i) => (i * 37 % 110) * 10 * CLUSTER + i * 11);
    spots.forEach((offset, i) => {
      runSync(writeImage(writer, offset, new Uint8Array(5000).fill(i + 1)), [file]);
    });
    runSync(closeImage(writer), [file]);

    const driver = new AsyncDriver([file], { maxInFlight: 8 });
    const image = await driver.run(openImage({ l2CacheTables: 1 }));
    const answers = await Promise.all(spots.map(async (offset) => {
      const into = new Uint8Array(5000);
      await driver.run(readImage(image, offset, into));
      return into;
    }));
    answers.forEach((bytes, i) => assertEquals(bytes.every((byte) => byte === i + 1), true));
  });
});

Deno.test("offsets add up exactly, as numbers and as bigints", () => {
  assertEquals(addBytes(5, 3), 8);
  assertEquals(addBytes(2n ** 60n, 1), 2n ** 60n + 1n);
});
