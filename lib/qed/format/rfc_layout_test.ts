/** The layout of the patch of September 2010, end to end. */
import { assertEquals, assertThrows } from "@std/assert";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { runSync } from "../../storage/run_sync.ts";
import { checkImage } from "../check/check.ts";
import { closeImage } from "../image/close.ts";
import { createImage, type CreateOptions } from "../image/create.ts";
import { FormatError, ImageError } from "./format_error.ts";
import type { QedImage } from "../image/image.ts";
import { openImage, type OpenOptions } from "../open.ts";
import { RFC, STRICT } from "./profile.ts";
import { readImage } from "../io/read_image.ts";
import { writeImage } from "../io/write.ts";

const SIZES = { clusterBytes: 4096, tableClusters: 1, layout: "rfc" } as const;

function create(options: Partial<CreateOptions> = {}): MemoryStorage {
  const file = new MemoryStorage();
  runSync(createImage({ ...SIZES, imageBytes: 2 ** 22, ...options }), [file]);
  return file;
}

function read(image: QedImage, offset: number, length: number, files: MemoryStorage[]): Uint8Array {
  const into = new Uint8Array(length);
  runSync(readImage(image, offset, into), files);
  return into;
}

for (const profile of [STRICT, RFC]) {
  Deno.test(`an rfc image is created, written, closed and read again (${profile.name})`, () => {
    const file = create();
    const image = runSync(openImage({ writable: true, profile }), [file]);
    assertEquals(image.header.layout, "rfc");
    const bytes = Uint8Array.from({ length: 3 * 4096 + 77 }, (_, i) => i % 251);
    // Across the first L2 table's end, and a cluster for itself in the first.
    runSync(writeImage(image, 2 ** 21 - 5000, bytes), [file]);
    runSync(writeImage(image, 9, bytes.subarray(0, 9)), [file]);
    runSync(closeImage(image), [file]);

    const again = runSync(openImage(), [file]);
    assertEquals([again.header.layout, again.needsCheck], ["rfc", false]);
    assertEquals(read(again, 2 ** 21 - 5000, bytes.length, [file]), bytes);
    assertEquals(read(again, 0, 18, [file]).subarray(9), bytes.subarray(0, 9));
    const check = runSync(checkImage(again), [file]);
    assertEquals([check.corruptions, check.leaks, check.allocatedClusters], [0, 0, 5]);
  });
}

Deno.test("the rfc layout has no zero clusters: entry 1 is an invalid offset", () => {
  const file = create();
  const image = runSync(openImage({ writable: true }), [file]);
  runSync(writeImage(image, 0, new Uint8Array([1])), [file]);
  const bytes = file.toBytes();
  bytes[Number(new DataView(bytes.buffer).getBigUint64(4096, true)) + 8] = 1;
  const damaged = new MemoryStorage(bytes);
  const opened = runSync(openImage(), [damaged]);
  const error = assertThrows(() => read(opened, 4096, 1, [damaged]), FormatError);
  assertEquals([error.field, error.value], ["l2_table[0][1]", 1n]);
  assertEquals(runSync(checkImage(opened), [damaged]).corruptions, 1);
});

Deno.test("a backing file is named with its format, and read where the image has nothing", () => {
  const file = create({ backing: { name: "base", isRaw: true }, imageBytes: 8192 });
  const base = new MemoryStorage(new Uint8Array(5000).fill(7));
  const image = runSync(openImage({ writable: true }), [file, base]);
  assertEquals([image.backingName, image.backingIsRaw], ["base", true]);
  assertThrows(() => read(image, 0, 1, [file, base]), ImageError, '"base" is not open');
  image.backing = { kind: "raw", file: 1, sizeBytes: 5000 };
  runSync(writeImage(image, 100, new Uint8Array([1, 2])), [file, base]);
  assertEquals(read(image, 99, 4, [file, base]), new Uint8Array([7, 1, 2, 7]));
  assertEquals(read(image, 4998, 4, [file, base]), new Uint8Array([7, 7, 0, 0]));

  const qed = create({ backing: { name: "base", isRaw: false } });
  assertEquals(runSync(openImage(), [qed]).backingIsRaw, false);
});

Deno.test("rfc images need a size of whole clusters, and not zero", () => {
  for (const imageBytes of [0, 512, 4095, 4097]) {
    const file = new MemoryStorage(new Uint8Array(3));
    assertThrows(
      () => runSync(createImage({ ...SIZES, imageBytes }), [file]),
      ImageError,
      `invalid image size ${imageBytes}`,
    );
    assertEquals(file.sizeBytes, 3, "nothing was written");
  }
});

/** A full rfc image is longer than its guest's disk, and then valid in the final layout too. */
function fullImage(): MemoryStorage {
  const file = create({ imageBytes: 8192 });
  const image = runSync(openImage({ writable: true }), [file]);
  runSync(writeImage(image, 0, new Uint8Array(8192).fill(5)), [file]);
  return file;
}

Deno.test("an image that may be of either layout is not written to before one is named", () => {
  const file = fullImage();
  const before = file.toBytes();
  const open = (options: OpenOptions) => runSync(openImage(options), [file]);
  assertEquals(open({}).header.layout, "final");
  const error = assertThrows(() => open({ writable: true }), FormatError);
  assertEquals([error.field, error.offsetBytes, error.value], ["autoclear_features", 32, 4096n]);
  assertEquals(file.toBytes(), before, "clearing autoclear bits would have cut off the L1 table");

  const image = open({ writable: true, layout: "rfc" });
  assertEquals(read(image, 8191, 1, [file]), new Uint8Array([5]));
});
