import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ImageBuilder } from "../format/image_builder.ts";
import { RecordingStorage } from "../../../test_support/recording.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { AsyncDriver } from "../../storage/run_async.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { seededTest } from "../../../test_support/seeds.ts";
import { checkImage } from "../check/check.ts";
import { closeImage } from "../image/close.ts";
import { createImage, type CreateOptions } from "../image/create.ts";
import { ImageError } from "../format/format_error.ts";
import { deriveGeometry } from "../format/geometry.ts";
import type { QedImage } from "../image/image.ts";
import { openImage } from "../open.ts";
import { readImage } from "../io/read_image.ts";
import { largestImageBytes, resizeImage } from "./resize.ts";
import { writeImage } from "../io/write.ts";

const CLUSTER = 4096;
const PER_TABLE = 512 * CLUSTER;

/** An image of one-cluster tables, and a raw backing file of `backingBytes` bytes 0xbb. */
function open(
  imageBytes: number,
  backingBytes?: number,
  layout: CreateOptions["layout"] = "final",
) {
  const storage = new RecordingStorage();
  const base = new MemoryStorage(new Uint8Array(backingBytes ?? 0).fill(0xbb));
  storage.run(createImage({
    imageBytes,
    clusterBytes: CLUSTER,
    tableClusters: 1,
    layout,
    ...(backingBytes !== undefined && { backing: { name: "base", isRaw: true } }),
  }));
  const files = [storage, base];
  const reopen = () => {
    const image = storage.run(openImage({ writable: true, layout }));
    if (backingBytes !== undefined) {
      image.backing = { kind: "raw", file: 1, sizeBytes: backingBytes };
    }
    return image;
  };
  const image = reopen();
  storage.takeLabels();
  return { storage, base, files, image, reopen };
}

function read(
  { storage, base }: { storage: RecordingStorage; base: MemoryStorage },
  image: QedImage,
): Uint8Array {
  const disk = new Uint8Array(Number(image.imageBytes));
  storage.run(readImage(image, 0, disk), base);
  return disk;
}

/** `before` followed by zeroes, up to `bytes`. */
function zeroPadded(before: Uint8Array, bytes: number): Uint8Array {
  const disk = new Uint8Array(bytes);
  disk.set(before.subarray(0, bytes));
  return disk;
}

Deno.test("a grown image keeps its contents, followed by zeroes, and takes writes there", () => {
  const opened = open(10 * CLUSTER);
  const { storage, image, reopen } = opened;
  storage.run(writeImage(image, 100, new Uint8Array(9000).fill(5)));
  const before = read(opened, image);
  storage.run(resizeImage(image, 2 * PER_TABLE + 512));
  assertEquals(image.imageBytes, BigInt(2 * PER_TABLE + 512));
  const again = reopen();
  assertEquals(read(opened, again), zeroPadded(before, 2 * PER_TABLE + 512));
  storage.run(writeImage(again, 2 * PER_TABLE, new Uint8Array(512).fill(6)));
  assertEquals(read(opened, again).at(-1), 6);
});

Deno.test("everything in the new space is durable before the header, which is then durable itself", () => {
  const { storage, image } = open(10 * CLUSTER);
  storage.run(resizeImage(image, 11n * 4096n));
  assertEquals(storage.takeLabels(), ["flush", "flush", "header", "flush"]);

  const withBacking = open(CLUSTER + 512, 3 * CLUSTER);
  withBacking.storage.run(resizeImage(withBacking.image, 9 * CLUSTER), withBacking.base);
  assertEquals(withBacking.storage.takeLabels(), [
    "last-cluster",
    "new-l2-table",
    "flush",
    "l1-table",
    "flush",
    "header",
    "flush",
  ]);
});

Deno.test("a longer backing file stays hidden past the old end, also in the last cluster", () => {
  for (const imageBytes of [512, CLUSTER, 3 * CLUSTER + 1024, PER_TABLE - 512]) {
    for (const more of [512, CLUSTER, 5 * CLUSTER, PER_TABLE + CLUSTER]) {
      const opened = open(imageBytes, imageBytes + 2 * CLUSTER + 100);
      const { storage, base, image, reopen } = opened;
      const before = read(opened, image);
      assertEquals(before[imageBytes - 1], 0xbb);
      storage.run(resizeImage(image, imageBytes + more), base);
      assertEquals(read(opened, reopen()), zeroPadded(before, imageBytes + more));
      const check = storage.run(checkImage(reopen()));
      assertEquals([check.corruptions, check.leaks], [0, 0]);
    }
  }
});

Deno.test("old bytes of the last cluster past the old end do not appear", () => {
  const builder = new ImageBuilder({ image_size: 1024n });
  const table = builder.addL2Table(0);
  builder.addData(table, 0, 0xcc);
  const storage = new RecordingStorage(builder.toBytes());
  const image = storage.run(openImage({ writable: true }));
  storage.run(resizeImage(image, 3 * CLUSTER));
  const disk = new Uint8Array(3 * CLUSTER);
  storage.run(readImage(image, 0, disk));
  assertEquals(disk, zeroPadded(new Uint8Array(1024).fill(0xcc), 3 * CLUSTER));
});

Deno.test("clusters of a larger disk past the end do not reappear", () => {
  const builder = new ImageBuilder({ image_size: BigInt(CLUSTER) });
  const [first, second] = [builder.addL2Table(0), builder.addL2Table(1)];
  for (const index of [0, 1, 700]) builder.addData(first, index, 0xcc);
  builder.addData(second, 3, 0xcc);
  builder.setEntry(second, 4, 1);
  const storage = new RecordingStorage(builder.toBytes());
  const image = storage.run(openImage({ writable: true }));
  storage.run(resizeImage(image, 2 * 1024 * CLUSTER));
  const disk = new Uint8Array(2 * 1024 * CLUSTER);
  storage.run(readImage(image, 0, disk));
  assertEquals(disk, zeroPadded(new Uint8Array(CLUSTER).fill(0xcc), disk.length));
});

Deno.test("the rfc layout cannot hide a longer backing file, which is an error", () => {
  const opened = open(2 * CLUSTER, 2 * CLUSTER + 1, "rfc");
  const { storage, base, image } = opened;
  assertThrows(
    () => storage.run(resizeImage(image, 3 * CLUSTER), base),
    ImageError,
    "the rfc layout has no zero clusters",
  );
  assertEquals(storage.takeLabels(), []);

  const shorter = open(2 * CLUSTER, 2 * CLUSTER, "rfc");
  shorter.storage.run(resizeImage(shorter.image, 3 * CLUSTER), shorter.base);
  assertEquals(shorter.reopen().imageBytes, BigInt(3 * CLUSTER));
});

Deno.test("sizes that break a rule are refused before anything is written", () => {
  const cases: [imageBytes: number | bigint, message: string, layout?: "rfc"][] = [
    [CLUSTER + 1, "must be a multiple of 512"],
    [-512, "must not be negative"],
    [2n ** 30n + 512n, "must be at most 1073741824, the size that an L1 table of 512 entries maps"],
    [CLUSTER * 3 + 512, "must be a multiple of 4096", "rfc"],
    [0, "must not be zero", "rfc"],
  ];
  for (const [imageBytes, message, layout] of cases) {
    const { storage, image } = open(2 * CLUSTER, undefined, layout);
    assertThrows(() => storage.run(resizeImage(image, imageBytes)), ImageError, message);
    assertEquals(storage.takeLabels(), []);
  }
  assertEquals(largestImageBytes(deriveGeometry(4096, 1)), 2n ** 30n);
  assertEquals(largestImageBytes(deriveGeometry(2 ** 26, 16)), 2n ** 63n);
});

Deno.test("an image can grow up to 2^63 bytes, where its tables can map them", () => {
  const storage = new RecordingStorage();
  storage.run(createImage({ imageBytes: 2n ** 20n, clusterBytes: 2 ** 21, tableClusters: 8 }));
  const image = storage.run(openImage({ writable: true }));
  assertThrows(
    () => storage.run(resizeImage(image, 2n ** 63n + 512n)),
    ImageError,
    "must be at most 9223372036854775808",
  );
  storage.run(resizeImage(image, 2n ** 63n));
  const last = new Uint8Array(512).fill(9);
  storage.run(writeImage(image, 2n ** 63n - 512n, last));
  const into = new Uint8Array(512);
  storage.run(readImage(image, 2n ** 63n - 512n, into));
  assertEquals(into, last);
});

Deno.test("an image whose backing file is not attached does not grow", () => {
  const { storage, image } = open(CLUSTER, CLUSTER);
  image.backing = undefined;
  assertThrows(() => storage.run(resizeImage(image, 2 * CLUSTER)), ImageError, "is not open");
  storage.run(resizeImage(image, 0, { shrink: true }));
});

Deno.test("shrinking is refused unless it is requested", () => {
  const { storage, image } = open(4 * CLUSTER);
  const error = () => storage.run(resizeImage(image, CLUSTER));
  assertThrows(error, ImageError, "shrinking was not requested");
  storage.run(resizeImage(image, 4 * CLUSTER));
  assertEquals(storage.takeLabels(), []);
});

Deno.test("shrinking names the first byte that would be lost", () => {
  const { storage, image } = open(4 * PER_TABLE);
  storage.run(writeImage(image, 3 * PER_TABLE + 12345, new Uint8Array([7])));
  storage.run(writeImage(image, CLUSTER, new Uint8Array(2 * CLUSTER)));
  storage.takeLabels();
  const shrink = (bytes: number) => storage.run(resizeImage(image, bytes, { shrink: true }));
  for (const bytes of [0, 512, 3 * PER_TABLE, 3 * PER_TABLE + 12288]) {
    const lost = `data at offset ${3 * PER_TABLE + 12345} would be lost`;
    assertThrows(() => shrink(bytes), ImageError, lost);
  }
  assertEquals(storage.takeLabels(), []);
  shrink(3 * PER_TABLE + 12288 + 512);
  assertEquals(image.imageBytes, BigInt(3 * PER_TABLE + 12288 + 512));
});

Deno.test("a shrunk image that grows again has zeroes there, and the end of its file is reclaimed", () => {
  const opened = open(4 * PER_TABLE, 3 * PER_TABLE);
  const { storage, base, image, reopen } = opened;
  storage.run(writeImage(image, 2 * CLUSTER, new Uint8Array(2 * CLUSTER)), base);
  storage.run(writeImage(image, 2 * PER_TABLE, new Uint8Array(CLUSTER)), base);
  const before = read(opened, image);
  storage.takeLabels();
  storage.run(resizeImage(image, CLUSTER + 512, { shrink: true }));
  assertEquals(storage.takeLabels(), ["header", "flush", "l2-table", "l1-table", "flush"]);
  storage.run(closeImage(image));
  // The first L2 table is still in use and lies after two clusters that are not.
  assertEquals(storage.memory.sizeBytes, 5 * CLUSTER);

  const again = reopen();
  storage.run(resizeImage(again, 4 * PER_TABLE), base);
  const expected = zeroPadded(before.subarray(0, CLUSTER + 512), 4 * PER_TABLE);
  assertEquals(read(opened, reopen()), expected);
});

Deno.test("whichever request fails, the disk has the old size or the new one, and its contents", () => {
  const run = (fails: (index: number) => boolean) => {
    const opened = open(CLUSTER + 512, 4 * CLUSTER);
    let index = 0;
    opened.storage.fault = ({ kind }) =>
      kind !== "read" && kind !== "size" && fails(index++) ? "EIO" : undefined;
    const resize = () => opened.storage.run(resizeImage(opened.image, 3 * PER_TABLE), opened.base);
    return { opened, resize, count: () => index };
  };
  const whole = run(() => false);
  whole.resize();
  for (let i = 0; i < whole.count(); i++) {
    const { opened, resize } = run((index) => index === i);
    assertThrows(resize, StorageError);
    opened.storage.fault = () => undefined;
    const image = opened.reopen();
    const disk = read(opened, image);
    assert([CLUSTER + 512, 3 * PER_TABLE].includes(disk.length));
    assertEquals(disk, zeroPadded(new Uint8Array(CLUSTER + 512).fill(0xbb), disk.length));
  }
});

Deno.test("a read-only image is refused", () => {
  const { storage } = open(CLUSTER);
  const image = storage.run(openImage());
  assertThrows(() => storage.run(resizeImage(image, 2 * CLUSTER)), ImageError, "read-only");
});

Deno.test("a request past an end that moved while it waited is checked against the new size", async () => {
  const { storage, image } = open(4 * CLUSTER);
  const driver = new AsyncDriver([{
    submit: (request) => Promise.resolve(storage.perform(request)),
  }]);
  const last = new Uint8Array(512).fill(1);
  const outcomes = await Promise.allSettled([
    driver.run(resizeImage(image, CLUSTER, { shrink: true })),
    driver.run(writeImage(image, 3 * CLUSTER, last)),
    driver.run(resizeImage(image, 9 * CLUSTER)),
    driver.run(writeImage(image, 8 * CLUSTER, last)),
  ]);
  assertEquals(outcomes.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  const [, refused] = outcomes;
  assert(refused.status === "rejected" && refused.reason instanceof ImageError);
  const into = new Uint8Array(512);
  storage.run(readImage(image, 3 * CLUSTER, into));
  assertEquals(into, new Uint8Array(512), "nothing was written past the end");
  storage.run(readImage(image, 8 * CLUSTER, into));
  assertEquals(into, last);
});

const STEPS = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("write" as const),
      at: fc.nat(20 * CLUSTER / 512),
      sectors: fc.integer({ min: 1, max: 20 }),
      value: fc.nat(2),
    }),
    fc.record({ kind: fc.constant("resize" as const), sectors: fc.nat(600 * CLUSTER / 512) }),
    fc.record({ kind: fc.constant("resize" as const), sectors: fc.nat(20 * CLUSTER / 512) }),
    fc.record({ kind: fc.constant("reopen" as const) }),
  ),
  { maxLength: 12 },
);

seededTest("after any writes and resizes the image equals a plain array", (seed) => {
  const backings = fc.option(fc.nat(20 * CLUSTER), { nil: undefined });
  fc.assert(
    fc.property(STEPS, backings, (steps, backingBytes) => {
      const opened = open(5 * CLUSTER, backingBytes);
      let { image } = opened;
      let model = read(opened, image);
      for (const step of steps) {
        if (step.kind === "reopen") {
          opened.storage.run(closeImage(image));
          image = opened.reopen();
        } else if (step.kind === "write") {
          const end = Math.min(model.length, (step.at + step.sectors) * 512);
          const bytes = new Uint8Array(Math.max(0, end - step.at * 512)).fill(step.value);
          if (bytes.length === 0) continue;
          opened.storage.run(writeImage(image, step.at * 512, bytes), opened.base);
          model.set(bytes, step.at * 512);
        } else {
          const bytes = step.sectors * 512;
          try {
            opened.storage.run(resizeImage(image, bytes, { shrink: true }), opened.base);
          } catch (error) {
            if (!(error instanceof ImageError)) throw error;
            const lost = Number(/data at offset (\d+)/.exec(error.message)?.[1]);
            assert(lost >= bytes && model[lost] !== 0, error.message);
            continue;
          }
          model = zeroPadded(model, bytes);
        }
        assertEquals(read(opened, image), model);
      }
      opened.storage.run(closeImage(image));
      const { corruptions } = opened.storage.run(checkImage(opened.reopen()));
      assertEquals(corruptions, 0);
    }),
    { seed, numRuns: 60 },
  );
});
