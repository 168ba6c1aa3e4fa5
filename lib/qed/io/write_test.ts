import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { smallImage } from "../format/image_builder.ts";
import {
  type ImageShape,
  patternBytes,
  rangeOn,
  rangePicks,
} from "../../../test_support/random_images.ts";
import { seededTest } from "../../../test_support/seeds.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { runSync } from "../../storage/run_sync.ts";
import { BufferPool, FRESH_BUFFERS } from "../format/buffers.ts";
import { checkImage } from "../check/check.ts";
import { closeImage, flushImage } from "../image/close.ts";
import { createImage } from "../image/create.ts";
import { FormatError, ImageError } from "../format/format_error.ts";
import type { HeaderLayout } from "../format/layout.ts";
import { openImage } from "../open.ts";
import { QEMU, RFC, STRICT, UNORDERED } from "../format/profile.ts";
import { readImage } from "./read_image.ts";
import { writeImage } from "./write.ts";

const CLUSTER = 4096;

function newImage(options: { imageBytes?: number; writable?: boolean } = {}) {
  const file = new MemoryStorage();
  const imageBytes = options.imageBytes ?? 4 * CLUSTER;
  runSync(createImage({ imageBytes, clusterBytes: CLUSTER, tableClusters: 1 }), [file]);
  return { file, image: runSync(openImage({ writable: options.writable ?? true }), [file]) };
}

Deno.test("a range that leaves the image is refused before anything is written", () => {
  const { file, image } = newImage();
  const before = file.toBytes();
  const ranges: [number | bigint, number][] = [
    [-1, 1],
    [4 * CLUSTER, 1],
    [4 * CLUSTER - 1, 2],
    [0, 4 * CLUSTER + 1],
    [-1n, 1],
    [2n ** 63n, 1],
  ];
  for (const [offset, length] of ranges) {
    const bytes = new Uint8Array(length);
    const message = `${length} bytes at ${offset} are outside the image of 16384 bytes`;
    assertThrows(() => runSync(writeImage(image, offset, bytes), [file]), ImageError, message);
    assertThrows(() => runSync(readImage(image, offset, bytes), [file]), ImageError, message);
  }
  assertEquals(file.toBytes(), before);
});

Deno.test("a write or read of no bytes does nothing, also at the end", () => {
  const { file, image } = newImage();
  const before = file.toBytes();
  for (const offset of [0, 4 * CLUSTER]) {
    runSync(writeImage(image, offset, new Uint8Array(0)), [file]);
    runSync(readImage(image, offset, new Uint8Array(0)), [file]);
  }
  assertEquals(file.toBytes(), before);
});

Deno.test("an image opened read-only takes no writes and no flushes", () => {
  const { file, image } = newImage({ writable: false });
  for (const operation of [writeImage(image, 0, new Uint8Array(1)), flushImage(image)]) {
    assertThrows(() => runSync(operation, [file]), ImageError, "read-only");
  }
  const before = file.toBytes();
  runSync(closeImage(image), [file]);
  assertEquals(file.toBytes(), before);
});

Deno.test("without its backing file an image with one neither reads nor fills up clusters", () => {
  const { builder } = smallImage();
  builder.setBackingName("gone").setHeader({ features: 5n });
  const file = new MemoryStorage(builder.toBytes());
  const image = runSync(openImage({ writable: true }), [file]);
  const one = new Uint8Array(1);
  const where = 100 * CLUSTER;
  assertThrows(() => runSync(readImage(image, where, one), [file]), ImageError, '"gone" is not');
  assertThrows(() => runSync(writeImage(image, where, one), [file]), ImageError, '"gone" is not');
  runSync(readImage(image, 0, one), [file]);
  assertEquals(one[0], 0xa0, "what the image holds itself is there");
  runSync(writeImage(image, where, new Uint8Array(CLUSTER).fill(3)), [file]);
  assertEquals(runSync(checkImage(image), [file]).corruptions, 0);
});

Deno.test("the part of the last cluster past the image's end is written as zeroes", () => {
  const { file, image } = newImage({ imageBytes: CLUSTER + 512 });
  runSync(writeImage(image, CLUSTER, new Uint8Array(512).fill(1)), [file]);
  assertEquals(file.sizeBytes % CLUSTER, 0);
});

Deno.test("offsets beyond 2^53 are exact when given as bigint", () => {
  const file = new MemoryStorage();
  const sizes = { clusterBytes: 2 ** 20, tableClusters: 2 };
  runSync(createImage({ ...sizes, imageBytes: 2n ** 56n }), [file]);
  const image = runSync(openImage({ writable: true }), [file]);
  const offset = 2n ** 55n + 1n;
  runSync(writeImage(image, offset, new Uint8Array([7, 8])), [file]);
  const into = new Uint8Array(4);
  runSync(readImage(image, offset - 1n, into), [file]);
  assertEquals(into, new Uint8Array([0, 7, 8, 0]));
  runSync(writeImage(image, 2n ** 56n - 1n, new Uint8Array([9])), [file]);
  runSync(readImage(image, 2n ** 56n - 4n, into), [file]);
  assertEquals(into, new Uint8Array([0, 0, 0, 9]));
});

Deno.test("an invalid entry is reported with its name and offset, and is not followed", () => {
  const { builder, l2Bytes } = smallImage();
  builder.setEntry(l2Bytes, 5, 0x5001).setEntry(l2Bytes, 6, 1n << 63n);
  builder.setEntry(builder.l1Bytes, 1, 512);
  const file = new MemoryStorage(builder.setHeader({ image_size: 1n << 23n }).toBytes());
  const image = runSync(openImage({ writable: true }), [file]);
  const before = file.toBytes();
  const cases: [number, string, number, bigint][] = [
    [5 * CLUSTER, "l2_table[0][5]", l2Bytes + 40, 0x5001n],
    [6 * CLUSTER, "l2_table[0][6]", l2Bytes + 48, 1n << 63n],
    [1024 * CLUSTER, "l1_table[1]", CLUSTER + 8, 512n],
  ];
  for (const [offset, field, offsetBytes, value] of cases) {
    for (const operation of [readImage, writeImage]) {
      const run = () => runSync(operation(image, offset, new Uint8Array(1)), [file]);
      const error = assertThrows(run, FormatError);
      assertEquals([error.field, error.offsetBytes, error.value], [field, offsetBytes, value]);
    }
  }
  assertEquals(file.toBytes(), before);
});

Deno.test("an entry that points into the header is invalid", () => {
  const { builder, l2Bytes } = smallImage({ header_size: 2 });
  builder.setEntry(l2Bytes, 5, CLUSTER);
  const file = new MemoryStorage(builder.toBytes());
  const image = runSync(openImage({ writable: true }), [file]);
  const write = (offset: number) => runSync(writeImage(image, offset, new Uint8Array(1)), [file]);
  const error = assertThrows(() => write(5 * CLUSTER), FormatError);
  assertEquals([error.field, error.value], ["l2_table[0][5]", BigInt(CLUSTER)]);
});

Deno.test("an extent that reaches past the file's end is valid up to there", () => {
  const { builder, l2Bytes, dataBytes } = smallImage();
  builder.setEntry(l2Bytes, 3, dataBytes[2] + CLUSTER);
  const file = new MemoryStorage(builder.toBytes());
  const image = runSync(openImage(), [file]);
  const into = new Uint8Array(4 * CLUSTER);
  const error = assertThrows(() => runSync(readImage(image, 0, into), [file]), FormatError);
  assertEquals([error.field, error.value], ["l2_table[0][3]", BigInt(dataBytes[2] + CLUSTER)]);
  runSync(readImage(image, 0, into.subarray(0, 3 * CLUSTER)), [file]);
  assertEquals([into[0], into[CLUSTER], into[2 * CLUSTER]], [0xa0, 0xa1, 0xa2]);
});

const shapes: fc.Arbitrary<ImageShape & { layout: HeaderLayout }> = fc.record({
  clusterBytes: fc.constantFrom(4096, 8192),
  tableClusters: fc.constantFrom(1, 1, 2),
  clusters: fc.integer({ min: 1, max: 1300 }),
  odd: fc.nat(7),
  layout: fc.constantFrom("final", "final", "rfc"),
}).map(({ clusterBytes, tableClusters, clusters, odd, layout }) => ({
  clusterBytes,
  tableClusters,
  imageBytes: clusters * clusterBytes - (layout === "final" ? odd * 512 : 0),
  layout,
}));

const writes = fc.array(
  fc.record({
    pick: rangePicks(["byte", "sector", "cluster"]),
    value: fc.nat(255),
    reopens: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 14 },
);

seededTest("any writes read back, in every profile, layout and table size", (seed) => {
  const profiles = fc.constantFrom(STRICT, QEMU, RFC, UNORDERED);
  const buffers = fc.constantFrom(FRESH_BUFFERS, new BufferPool());
  fc.assert(
    fc.property(shapes, profiles, writes, buffers, (shape, profile, plan, memory) => {
      const file = new MemoryStorage();
      runSync(createImage(shape), [file]);
      const open = () => {
        if (memory instanceof BufferPool) memory.recycle();
        const { layout } = shape; // a small rfc image may be of either
        return runSync(openImage({ writable: true, layout, profile, buffers: memory }), [file]);
      };
      let image = open();
      const model = new Uint8Array(shape.imageBytes);
      for (const { pick, value, reopens } of plan) {
        const { offsetBytes, lengthBytes } = rangeOn(shape, pick);
        const bytes = patternBytes(value, lengthBytes);
        model.set(bytes, offsetBytes);
        runSync(writeImage(image, offsetBytes, bytes), [file]);
        if (!reopens) continue;
        runSync(closeImage(image), [file]);
        image = open();
      }
      const actual = new Uint8Array(model.length);
      runSync(readImage(image, 0, actual), [file]);
      assertEquals(actual, model);
      const { corruptions, leaks, checkErrors } = runSync(checkImage(image), [file]);
      assertEquals([corruptions, leaks, checkErrors], [0, 0, 0]);
    }),
    { seed, numRuns: 60 },
  );
});
