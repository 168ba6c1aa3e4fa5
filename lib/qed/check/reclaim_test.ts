import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ImageBuilder, smallImage } from "../format/image_builder.ts";
import { sized } from "../../../test_support/long.ts";
import { failNth, labelled, RecordingStorage } from "../../../test_support/recording.ts";
import { seededTest } from "../../../test_support/seeds.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { checkImage } from "./check.ts";
import type { CheckResult } from "./check_result.ts";
import { closeImage } from "../image/close.ts";
import { crashStates } from "./crash_states_testing.ts";
import { discardImage } from "../io/discard.ts";
import { openImage } from "../open.ts";
import { STRICT } from "../format/profile.ts";
import { readImage } from "../io/read_image.ts";
import { repairImage } from "./repair.ts";
import { PER_TABLE, SmallImage } from "../io/unmapping_testing.ts";
import { writeImage } from "../io/write.ts";

const CLUSTER = 4096;
const TABLE_ENTRIES = 1024;
const IMAGE_BYTES = 16n << 20n;

function reclaim(bytes: Uint8Array) {
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage({ writable: true, skipRepair: true }));
  const result = storage.run(repairImage(image, { corruptions: false, leaks: true }));
  const after = storage.memory.toBytes();
  return { storage, image, result, after, log: [...storage.recorded], labels: [...storage.labels] };
}

function check(bytes: Uint8Array): CheckResult {
  const storage = new RecordingStorage(bytes);
  return storage.run(checkImage(storage.run(openImage())));
}

function guestBytes(bytes: Uint8Array): Uint8Array {
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage());
  const disk = new Uint8Array(Number(image.imageBytes));
  storage.run(readImage(image, 0, disk));
  return disk;
}

/** The contents of the file after the header and the L1 table, in order. */
type Piece = "hole" | "data" | "table";

/** An image with these pieces; data belongs to the table before it, or to the first one. */
function layOut(pieces: readonly Piece[]): ImageBuilder {
  const builder = new ImageBuilder({ image_size: IMAGE_BYTES });
  const firstTable = builder.addL2Table(0);
  let table = firstTable;
  let tables = 1;
  pieces.forEach((piece, index) => {
    if (piece === "hole") builder.addClusters(1, 0xee);
    else if (piece === "data") builder.addData(table, index, 1 + index % 255);
    else table = builder.addL2Table(tables++);
  });
  return builder;
}

Deno.test("leaks at the end are cut off", () => {
  const builder = layOut(["data", "data"]);
  const clean = builder.toBytes();
  builder.addClusters(3, 0xee);
  const { result, after, labels } = reclaim(builder.toBytes());
  assertEquals([result.leaks, result.leaksFixed], [0, 3]);
  assertEquals(labels, ["flush", "leaked clusters", "flush"]);
  assertEquals(after, clean);
});

Deno.test("clusters at the end move down into holes, no more than needed", () => {
  const builder = layOut(["data", "hole", "data", "hole", "data", "data", "data"]);
  const before = guestBytes(builder.toBytes());
  const { result, after, log } = reclaim(builder.toBytes());
  assertEquals([result.leaks, result.leaksFixed], [0, 2]);
  assertEquals(after.length, builder.file.sizeBytes - 2 * CLUSTER);
  assertEquals(result.imageEndBytes, after.length);
  assertEquals(guestBytes(after), before);
  assertEquals(check(after).leaks, 0);
  const copies = log.filter((entry) => entry.kind === "write" && entry.bytes.length === CLUSTER);
  assertEquals(copies.length, 2);
});

Deno.test("the order: flush, copies, flush, entries, flush, cut, flush", () => {
  const { labels } = reclaim(layOut(["data", "hole", "data", "table", "data"]).toBytes());
  assertEquals(labels, [
    "flush",
    "moved-data",
    "flush",
    "l2-table",
    "flush",
    "leaked clusters",
    "flush",
  ]);
});

Deno.test("a table at the end moves into a hole that is long enough for it", () => {
  const builder = layOut(["data", "hole", "data", "hole", "hole", "hole", "data", "table"]);
  const before = guestBytes(builder.toBytes());
  const { result, after, labels } = reclaim(builder.toBytes());
  assertEquals([result.leaks, result.leaksFixed], [0, 4]);
  assertEquals(guestBytes(after), before);
  assertEquals(labels, [
    "flush",
    "moved-l2-table",
    "flush",
    "l1-table",
    "flush",
    "moved-data",
    "flush",
    "l2-table",
    "flush",
    "leaked clusters",
    "flush",
  ]);
});

Deno.test("a table for which no hole is long enough stays, and so do the leaks before it", () => {
  const builder = layOut(["data", "hole", "data", "hole", "data", "table", "data", "data"]);
  const before = guestBytes(builder.toBytes());
  const { result, after } = reclaim(builder.toBytes());
  // The two clusters after the table fit; both holes are filled.
  assertEquals([result.leaks, result.leaksFixed], [0, 2]);
  assertEquals(guestBytes(after), before);

  const stuck = layOut(["data", "hole", "data", "hole", "data", "table"]);
  const again = reclaim(stuck.toBytes());
  assertEquals([again.result.leaks, again.result.leaksFixed], [2, 0]);
  assertEquals(check(again.after).leaks, 2);
  assertEquals(again.after, stuck.toBytes());
});

Deno.test("an L1 table at the end stays where it is", () => {
  const builder = new ImageBuilder({ image_size: IMAGE_BYTES });
  const oldL1 = builder.l1Bytes;
  const l2Bytes = builder.addL2Table(0);
  builder.addData(l2Bytes, 0);
  const newL1 = builder.addClusters(2);
  builder.setEntry(newL1, 0, l2Bytes).setEntry(oldL1, 0, 0n);
  builder.setHeader({ l1_table_offset: BigInt(newL1) });
  builder.addData(l2Bytes, 7);
  const { result, after } = reclaim(builder.toBytes());
  assertEquals([result.leaks, result.leaksFixed], [1, 1]);
  assertEquals(after.length, newL1 + 2 * CLUSTER);
  assertEquals(guestBytes(after), guestBytes(builder.toBytes()));
});

Deno.test("nothing is moved while a corruption remains", () => {
  const builder = layOut(["data", "hole", "data", "data"]);
  builder.setEntry(builder.l1Bytes + 2 * CLUSTER, 500, 0x5200);
  const bytes = builder.toBytes();
  const { result, after } = reclaim(bytes);
  assertEquals([result.corruptions, result.leaks, result.leaksFixed], [1, 1, 0]);
  assertEquals(after, bytes);
});

Deno.test("the image can be used after its clusters were moved", () => {
  const { storage, image } = reclaim(
    layOut(["hole", "data", "hole", "hole", "data", "table"]).toBytes(),
  );
  const bytes = new Uint8Array(3 * CLUSTER).fill(0x77);
  storage.run(writeImage(image, 5 << 20, bytes));
  const back = new Uint8Array(bytes.length);
  storage.run(readImage(image, 5 << 20, back));
  assertEquals(back, bytes);
  storage.run(closeImage(image));
  const result = check(storage.memory.toBytes());
  assertEquals([result.corruptions, result.leaks], [0, 0]);
});

Deno.test("a cluster that cannot be copied stops it, and nothing is lost", () => {
  const builder = layOut(["data", "hole", "data", "hole", "data"]);
  const before = guestBytes(builder.toBytes());
  const storage = new RecordingStorage(builder.toBytes());
  const image = storage.run(openImage({ writable: true }));
  storage.fault = ({ kind, ...request }) =>
    kind === "read" && "label" in request && request.label === "moved-data" ? "EIO" : undefined;
  const repair = repairImage(image, { corruptions: true, leaks: true });
  assertThrows(() => storage.run(repair), StorageError);
  assertEquals(guestBytes(storage.memory.toBytes()), before);
});

Deno.test("a hole that is filled before a move fails is not used again", () => {
  const small = new SmallImage({ profile: { ...STRICT, reuseBatchClusters: 1 } });
  small.write(0, 6 * CLUSTER);
  small.write(PER_TABLE, 6 * CLUSTER, 7);
  small.run(discardImage(small.image, 0, 3 * CLUSTER));
  // The second L2 table has moved into a hole by then.
  small.storage.fault = failNth(0, "EIO", labelled("read", "moved-data"));
  const repair = repairImage(small.image, { corruptions: true, leaks: true });
  assertThrows(() => small.run(repair), StorageError);
  small.write(100 * CLUSTER, 2 * CLUSTER);
  assertEquals([small.byteAt(PER_TABLE), small.check().corruptions], [7, 0]);
});

Deno.test("a crash at any point leaves the guest's data whole and nothing but leaks", () => {
  const layouts: Piece[][] = [
    ["data", "hole", "data", "hole", "data", "data"],
    ["hole", "hole", "data", "table", "data", "hole", "data", "table", "data"],
    ["data", "hole", "hole", "hole", "hole", "table", "table", "data", "data"],
  ];
  for (const pieces of layouts) {
    const base = layOut(pieces).toBytes();
    const expected = guestBytes(base);
    const whole = reclaim(base);
    for (const { name, bytes } of crashStates(base, whole.log)) {
      assertEquals(check(bytes).corruptions, 0, name);
      assertEquals(guestBytes(bytes), expected, name);
      const again = reclaim(bytes).after;
      assertEquals(guestBytes(again), expected, name);
      assertEquals(again.length, whole.after.length, name);
    }
  }
});

seededTest("any arrangement keeps its contents, and only a table can keep leaks", (seed) => {
  const pieces = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<Piece>("data") },
      { weight: 3, arbitrary: fc.constant<Piece>("hole") },
      { weight: 1, arbitrary: fc.constant<Piece>("table") },
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(pieces, (given) => {
      // Not more tables than the disk has room for.
      let tables = 1;
      const kept = given.filter((piece) => piece !== "table" || tables++ < 4);
      const builder = layOut(kept);
      const bytes = builder.toBytes();
      const { result, after } = reclaim(bytes);
      assertEquals(guestBytes(after), guestBytes(bytes));
      const found = check(after);
      assertEquals([found.corruptions, found.leaks], [0, result.leaks]);
      assertEquals(bytes.length - after.length, result.leaksFixed * CLUSTER);
      if (found.leaks > 0) {
        assert(endsWithTable(after), "leaks are left, but no table is in the way");
      }
    }),
    { seed, numRuns: sized({ short: 40, long: 150 }) },
  );
});

/** Whether the last clusters of the file are an L2 table. */
function endsWithTable(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer);
  const l1Bytes = Number(view.getBigUint64(40, true));
  return Array.from({ length: TABLE_ENTRIES }, (_, i) => view.getBigUint64(l1Bytes + 8 * i, true))
    .some((entry) => Number(entry) + 2 * CLUSTER === bytes.length);
}

Deno.test("an image without leaks does not change", () => {
  assertEquals(reclaim(smallImage().builder.toBytes()).labels, []);
});
