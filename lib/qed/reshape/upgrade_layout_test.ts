import { assertEquals, assertThrows } from "@std/assert";
import { RecordingStorage } from "../../../test_support/recording.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { checkImage } from "../check/check.ts";
import { closeImage } from "../image/close.ts";
import { crashStates } from "../check/crash_states_testing.ts";
import { createImage, type CreateOptions } from "../image/create.ts";
import { FormatError, ImageError } from "../format/format_error.ts";
import { openImage } from "../open.ts";
import { readImage } from "../io/read_image.ts";
import { upgradeLayout } from "./upgrade_layout.ts";
import { writeImage } from "../io/write.ts";

const CLUSTER = 4096;
const IMAGE_BYTES = 4 * 2 ** 20;
const BACKING = { kind: "raw", file: 1, sizeBytes: 9 * CLUSTER } as const;
const base = new MemoryStorage(new Uint8Array(BACKING.sizeBytes).fill(0xbb));

/** An rfc image with two L2 tables, opened for writing. */
function open(backing?: CreateOptions["backing"], imageBytes = IMAGE_BYTES) {
  const storage = new RecordingStorage();
  storage.run(createImage({
    imageBytes,
    clusterBytes: CLUSTER,
    tableClusters: 1,
    layout: "rfc",
    ...(backing && { backing }),
  }));
  const image = storage.run(openImage({ writable: true, layout: "rfc" }));
  if (backing) image.backing = BACKING;
  for (const offset of [100, imageBytes - CLUSTER]) {
    storage.run(writeImage(image, offset, new Uint8Array(300).fill(7)), base);
  }
  storage.run(closeImage(image));
  storage.takeLabels();
  return { storage, image: storage.run(openImage({ writable: true, layout: "rfc" })) };
}

function guestBytes(bytes: Uint8Array, layout?: "rfc"): Uint8Array {
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage(layout ? { layout } : {}));
  if (image.backingName !== undefined) image.backing = BACKING;
  const disk = new Uint8Array(Number(image.imageBytes));
  storage.run(readImage(image, 0, disk), base);
  return disk;
}

const CASES: [name: string, backing: CreateOptions["backing"], features: bigint][] = [
  ["no backing file", undefined, 0n],
  ["a raw backing file", { name: "base", isRaw: true }, 5n],
  ["a probed backing file", { name: "base", isRaw: false }, 1n],
];

for (const [name, backing, features] of CASES) {
  Deno.test(`an rfc image with ${name} becomes a final one with the same contents`, () => {
    const { storage, image } = open(backing);
    const before = guestBytes(storage.memory.toBytes(), "rfc");
    storage.run(upgradeLayout(image));
    assertEquals(storage.takeLabels(), ["flush", "header", "flush"]);
    assertEquals(image.header.layout, "final");
    const bytes = storage.memory.toBytes();
    assertEquals(guestBytes(bytes), before);

    const again = storage.run(openImage({ writable: true }));
    const { header, backingName, backingIsRaw } = again;
    assertEquals([header.layout, header.features, header.compatFeatures], ["final", features, 0n]);
    assertEquals([backingName, backingIsRaw], [backing?.name, backing?.isRaw ?? false]);
    const check = storage.run(checkImage(again));
    assertEquals([check.corruptions, check.leaks], [0, 0]);
    if (backing) again.backing = BACKING;
    storage.run(writeImage(again, 5 * CLUSTER, new Uint8Array(512).fill(8)), base);
    storage.run(closeImage(again));
    assertEquals(guestBytes(storage.memory.toBytes())[5 * CLUSTER], 8);
  });
}

Deno.test("a full rfc image, which looks like a final one, is upgraded too", () => {
  const { storage, image } = open(undefined, 2 * CLUSTER);
  const before = guestBytes(storage.memory.toBytes(), "rfc");
  storage.run(upgradeLayout(image));
  assertEquals(guestBytes(storage.memory.toBytes()), before);
});

Deno.test("the image stays in use, now with NEED_CHECK", () => {
  const { storage, image } = open();
  storage.run(upgradeLayout(image));
  storage.run(writeImage(image, 9 * CLUSTER, new Uint8Array(10).fill(9)));
  assertEquals(image.needsCheck, true);
  storage.run(closeImage(image));
  assertEquals(guestBytes(storage.memory.toBytes())[9 * CLUSTER + 9], 9);
});

Deno.test("entry 1, invalid in the rfc layout, must not become a zero cluster", () => {
  const { storage } = open();
  const bytes = storage.memory.toBytes();
  const tableBytes = Number(new DataView(bytes.buffer).getBigUint64(CLUSTER, true));
  bytes[tableBytes + 8 * 3] = 1;
  const damaged = new RecordingStorage(bytes);
  const image = damaged.run(openImage({ writable: true, layout: "rfc" }));
  const error = assertThrows(() => damaged.run(upgradeLayout(image)), FormatError);
  assertEquals([error.field, error.offsetBytes, error.value], [
    "l2_table[0][3]",
    tableBytes + 24,
    1n,
  ]);
  assertEquals(damaged.memory.toBytes(), bytes);
});

Deno.test("a table that cannot be read keeps the layout", () => {
  const { storage, image } = open();
  storage.fault = (request) =>
    request.kind === "read" && request.label === "l2-table" ? "EIO" : undefined;
  assertThrows(() => storage.run(upgradeLayout(image)), StorageError);
  assertEquals([image.header.layout, storage.labels], ["rfc", []]);
});

Deno.test("a final image does not change, a read-only one is refused", () => {
  const { storage, image } = open();
  storage.run(upgradeLayout(image));
  storage.takeLabels();
  storage.run(upgradeLayout(image));
  assertEquals(storage.labels, []);
  const readOnly = storage.run(openImage());
  assertThrows(() => storage.run(upgradeLayout(readOnly)), ImageError, "read-only");
});

Deno.test("a crash at any point leaves one layout or the other, with the same contents", () => {
  const { storage, image } = open({ name: "base", isRaw: true });
  const before = storage.memory.toBytes();
  const expected = guestBytes(before, "rfc");
  storage.run(upgradeLayout(image));
  for (const { name, bytes } of crashStates(before, storage.recorded)) {
    assertEquals(guestBytes(bytes), expected, name);
  }
});
