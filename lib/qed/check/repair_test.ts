import { assert, assertEquals, assertThrows } from "@std/assert";
import { ImageBuilder, smallImage } from "../format/image_builder.ts";
import { labelled, RecordingStorage } from "../../../test_support/recording.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { checkImage } from "./check.ts";
import type { CheckResult } from "./check_result.ts";
import { closeImage } from "../image/close.ts";
import { crashStates } from "./crash_states_testing.ts";
import { ImageError } from "../format/format_error.ts";
import type { QedImage } from "../image/image.ts";
import { openImage } from "../open.ts";
import { readImage } from "../io/read_image.ts";
import { repairImage, type RepairOptions } from "./repair.ts";

const NEED_CHECK = 2n;
const CLUSTER = 4096;
const BOTH: RepairOptions = { corruptions: true, leaks: true };
const CORRUPTIONS: RepairOptions = { corruptions: true, leaks: false };
const LEAKS: RepairOptions = { corruptions: false, leaks: true };

/** Open for repairing; the log begins after that. */
function openToRepair(bytes: Uint8Array): { storage: RecordingStorage; image: QedImage } {
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage({ writable: true, skipRepair: true }));
  storage.takeLabels();
  return { storage, image };
}

function repair(bytes: Uint8Array, options: RepairOptions) {
  const { storage, image } = openToRepair(bytes);
  const result = storage.run(repairImage(image, options));
  const after = storage.memory.toBytes();
  return { result, image, after, log: [...storage.recorded], labels: storage.takeLabels() };
}

function check(bytes: Uint8Array): { result: CheckResult; needsCheck: boolean } {
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage());
  return { result: storage.run(checkImage(image)), needsCheck: image.needsCheck };
}

function guestBytes(bytes: Uint8Array): Uint8Array {
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage());
  const disk = new Uint8Array(Number(image.imageBytes));
  storage.run(readImage(image, 0, disk));
  return disk;
}

/** One of each kind of damage, spread over two L2 tables, and the mark. */
function damagedImage(): ImageBuilder {
  const { builder, l2Bytes, dataBytes } = smallImage({
    features: NEED_CHECK,
    image_size: 8n << 20n,
  });
  const secondL2 = builder.addL2Table(1);
  const shared = builder.addData(secondL2, 0);
  builder.setEntry(secondL2, 1, dataBytes[0]);
  builder.setEntry(secondL2, 700, 2 ** 40);
  builder.setEntry(l2Bytes, 100, shared + 512);
  builder.setEntry(l2Bytes, 101, secondL2 + CLUSTER);
  builder.setEntry(builder.l1Bytes, 3, secondL2);
  builder.setEntry(builder.l1Bytes, 900, 1n << 63n);
  return builder;
}

Deno.test("invalid entries are cleared, and only the sectors that hold them are written", () => {
  const { builder, l2Bytes } = smallImage();
  builder.setEntry(l2Bytes, 3, builder.file.sizeBytes).setEntry(l2Bytes, 70, 0x5200);
  builder.setEntry(l2Bytes, 600, 512);
  const { result, log, after } = repair(builder.toBytes(), CORRUPTIONS);
  assertEquals([result.corruptionsFixed, result.corruptions], [3, 0]);
  const writes = log.flatMap((entry) =>
    entry.kind === "write" ? [[entry.offsetBytes - l2Bytes, entry.bytes.length]] : []
  );
  // Entries 3 and 70 are in neighbouring sectors.
  assertEquals(writes, [[0, 1024], [600 * 8 - 600 * 8 % 512, 512]]);
  assertEquals(check(after).result.corruptions, 0);
  assertEquals(guestBytes(after).subarray(0, 3 * CLUSTER), guestOfSmallImage());
});

function guestOfSmallImage(): Uint8Array {
  const disk = new Uint8Array(3 * CLUSTER);
  for (let i = 0; i < 3; i++) disk.fill(0xa0 + i, i * CLUSTER, (i + 1) * CLUSTER);
  return disk;
}

Deno.test("of several references to a cluster the L1 table's stays, then an L2 table's, then the first", () => {
  const { builder, l2Bytes, dataBytes } = smallImage({ image_size: 8n << 20n });
  builder.setEntry(l2Bytes, 10, dataBytes[1]);
  builder.setEntry(l2Bytes, 11, builder.l1Bytes + CLUSTER);
  const secondL2 = builder.addClusters(2);
  // In the order of the disk this comes before the table itself.
  builder.setEntry(l2Bytes, 12, secondL2);
  builder.setEntry(builder.l1Bytes, 1, secondL2);
  builder.setEntry(secondL2, 5, dataBytes[2]);
  builder.setEntry(builder.l1Bytes, 2, l2Bytes + CLUSTER);
  const { result, after } = repair(builder.toBytes(), CORRUPTIONS);
  assertEquals(result.corruptionsFixed, 5);
  const entry = (tableBytes: number, index: number) =>
    Number(new DataView(after.buffer).getBigUint64(tableBytes + 8 * index, true));
  assertEquals([0, 1, 2].map((i) => entry(l2Bytes, i)), dataBytes);
  assertEquals([10, 11, 12].map((i) => entry(l2Bytes, i)), [0, 0, 0]);
  assertEquals(entry(secondL2, 5), 0);
  assertEquals([0, 1, 2].map((i) => entry(builder.l1Bytes, i)), [l2Bytes, secondL2, 0]);
  assertEquals(check(after).result.corruptions, 0);
});

Deno.test("the order: cleared entries, flush, leaks, flush, NEED_CHECK last, flush", () => {
  const builder = damagedImage();
  builder.addClusters(1);
  const { labels } = repair(builder.toBytes(), BOTH);
  const [repaired, rest] = [
    labels.slice(0, labels.indexOf("flush")),
    labels.slice(labels.indexOf("flush")),
  ];
  assertEquals(repaired, ["l2-table", "l2-table", "l2-table", "l1-table", "l1-table"]);
  assertEquals(rest.slice(-3), ["flush", "header", "flush"]);
  assertEquals(rest.filter((label) => label === "header").length, 1);
  assertEquals(rest.filter((label) => label === "leaked clusters").length, 1);
});

Deno.test("a consistent image with NEED_CHECK: only a flush, the header and a flush", () => {
  const { builder } = smallImage({ features: NEED_CHECK });
  const { labels, after } = repair(builder.toBytes(), BOTH);
  assertEquals(labels, ["flush", "header", "flush"]);
  assertEquals(after, smallImage().builder.toBytes());
});

Deno.test("a consistent image without NEED_CHECK: nothing at all", () => {
  assertEquals(repair(smallImage().builder.toBytes(), BOTH).labels, []);
});

Deno.test("repairing leaks alone leaves corruptions, and then also leaks and NEED_CHECK", () => {
  const builder = damagedImage();
  builder.addClusters(2);
  const bytes = builder.toBytes();
  const { result, after, labels } = repair(bytes, LEAKS);
  assertEquals([result.corruptionsFixed, result.leaksFixed, labels], [0, 0, []]);
  assert(result.corruptions > 0 && result.leaks > 0);
  assertEquals(after, bytes);
});

Deno.test("repairing leaks alone reclaims them and clears NEED_CHECK of a consistent image", () => {
  const { builder } = smallImage({ features: NEED_CHECK });
  const before = builder.file.sizeBytes;
  builder.addClusters(2, 0xee);
  const { result, after } = repair(builder.toBytes(), LEAKS);
  assertEquals([result.leaksFixed, result.leaks, after.length], [2, 0, before]);
  assertEquals(check(after).needsCheck, false);
});

Deno.test("repairing corruptions alone leaves leaks and the length of the file", () => {
  const { builder } = smallImage({ features: NEED_CHECK });
  builder.addClusters(2, 0xee);
  const { result, after } = repair(builder.toBytes(), CORRUPTIONS);
  assertEquals([result.leaks, after.length], [2, builder.file.sizeBytes]);
});

for (const options of [BOTH, CORRUPTIONS, LEAKS]) {
  Deno.test(`a table that cannot be read is a check error and keeps NEED_CHECK: ${JSON.stringify(options)}`, () => {
    const { builder, l2Bytes } = smallImage({ features: NEED_CHECK, image_size: 8n << 20n });
    const secondL2 = builder.addL2Table(1);
    builder.addData(secondL2, 0);
    builder.addClusters(1);
    const { storage, image } = openToRepair(builder.toBytes());
    storage.fault = (request) =>
      request.kind === "read" && request.offsetBytes === l2Bytes ? "EIO" : undefined;
    const result = storage.run(repairImage(image, options));
    assertEquals([result.checkErrors, result.leaks, result.leaksFixed], [1, 0, 0]);
    assertEquals(result.problems.map(({ kind, entry }) => [kind, entry]), [
      ["unreadable", "l1_table[0]"],
    ]);
    storage.run(closeImage(image));
    assertEquals(check(storage.memory.toBytes()).needsCheck, true);
  });
}

Deno.test("an image with NEED_CHECK and an unreadable table does not open for writing", () => {
  const { builder } = smallImage({ features: NEED_CHECK });
  const storage = new RecordingStorage(builder.toBytes());
  storage.fault = (request) => labelled("read", "l2-table")(request) ? "EIO" : undefined;
  const error = assertThrows(() => storage.run(openImage({ writable: true })), StorageError);
  assertEquals(error.code, "EIO");
  assertEquals(storage.memory.toBytes(), builder.toBytes());
});

Deno.test("a failed write of the repair keeps NEED_CHECK, and a second repair finishes the work", () => {
  const bytes = damagedImage().toBytes();
  const whole = repair(bytes, BOTH);
  for (let index = 0; index < whole.labels.length; index++) {
    const { storage, image } = openToRepair(bytes);
    let seen = 0;
    storage.fault = ({ kind }) =>
      kind !== "read" && kind !== "size" && seen++ === index ? "EIO" : undefined;
    assertThrows(() => storage.run(repairImage(image, BOTH)), StorageError);
    assertThrows(() => storage.run(repairImage(image, BOTH)), ImageError, "no more writes");
    storage.fault = () => undefined;
    const left = storage.memory.toBytes();
    if (index < whole.labels.length - 1) assertEquals(check(left).needsCheck, true);
    assertEquals(guestBytes(repair(left, BOTH).after), guestBytes(whole.after));
  }
});

Deno.test("a crash at any point of a repair leads to the same outcome", () => {
  for (const options of [BOTH, CORRUPTIONS]) {
    const builder = damagedImage();
    builder.addClusters(3, 0xee);
    const base = builder.toBytes();
    const whole = repair(base, options);
    const expected = guestBytes(whole.after);
    let states = 0;
    for (const { name, bytes } of crashStates(base, whole.log)) {
      states++;
      // The mark may only be gone where nothing is wrong.
      const found = check(bytes);
      if (!found.needsCheck) assertEquals(found.result.corruptions, 0, name);
      const again = repair(bytes, BOTH);
      assertEquals(guestBytes(again.after), expected, name);
      const { result, needsCheck } = check(again.after);
      assertEquals([result.corruptions, result.leaks, needsCheck], [0, 0, false], name);
    }
    assert(states > 20);
  }
});

Deno.test("a read-only image is not repaired", () => {
  const storage = new RecordingStorage(smallImage().builder.toBytes());
  const image = storage.run(openImage());
  assertThrows(() => storage.run(repairImage(image, BOTH)), ImageError, "read-only");
});
