import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ImageBuilder } from "../format/image_builder.ts";
import { sized } from "../../../test_support/long.ts";
import { RecordingStorage } from "../../../test_support/recording.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { AsyncDriver } from "../../storage/run_async.ts";
import { seededTest } from "../../../test_support/seeds.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { checkImage } from "../check/check.ts";
import type { CheckResult } from "../check/check_result.ts";
import { closeImage } from "../image/close.ts";
import { crashStates } from "../check/crash_states_testing.ts";
import { defragmentImage, type DefragmentOptions } from "./defragment.ts";
import { FormatError, ImageError } from "../format/format_error.ts";
import { nextExtent } from "../io/extents.ts";
import { openImage } from "../open.ts";
import { readImage } from "../io/read_image.ts";
import { repairImage } from "../check/repair.ts";
import { writeImage } from "../io/write.ts";

const CLUSTER = 4096;
const PER_TABLE = 1024 * CLUSTER;
/** Two L2 tables and a bit of a third. */
const IMAGE_BYTES = 2 * PER_TABLE + 40 * CLUSTER;

/** The contents of the file after the header; tables not named come last. */
type Piece = "hole" | "l1" | `table ${number}` | `data ${number} ${number}`;

/** An image with these pieces, each of its clusters filled with bytes of its own. */
function layOut(pieces: readonly Piece[]): Uint8Array {
  const builder = new ImageBuilder({ image_size: BigInt(IMAGE_BYTES) });
  const tables = new Map<string, number>();
  const data: { table: string; index: number; offset: number }[] = [];
  let l1 = builder.l1Bytes;
  for (const piece of pieces) {
    const [kind, table, index] = piece.split(" ");
    if (kind === "hole") builder.addClusters(1, 0xee);
    else if (kind === "l1") l1 = builder.addClusters(2, 0);
    else if (kind === "table") tables.set(table, builder.addClusters(2));
    else {
      const offset = builder.addClusters(1, 1 + (Number(table) * 31 + Number(index)) % 250);
      data.push({ table, index: Number(index), offset });
    }
  }
  for (const { table, index, offset } of data) {
    const tableBytes = tables.get(table) ?? builder.addClusters(2);
    tables.set(table, tableBytes);
    builder.setEntry(tableBytes, index, offset);
  }
  for (const [table, offset] of tables) builder.setEntry(l1, Number(table), offset);
  return builder.setHeader({ l1_table_offset: BigInt(l1) }).toBytes();
}

function defragment(bytes: Uint8Array, options?: DefragmentOptions) {
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage({ writable: true }));
  const result = storage.run(defragmentImage(image, options));
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

/** What is where in the file, in the order of the file: read from the bytes alone. */
function orderOf(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer);
  const entries = (at: number) =>
    Array.from({ length: 1024 }, (_, i) => [i, Number(view.getBigUint64(at + 8 * i, true))])
      .filter(([, offset]) => offset > 1);
  const l1 = Number(view.getBigUint64(40, true));
  const places: [offset: number, name: string][] = [[0, "header"], [l1, "l1"]];
  for (const [table, offset] of entries(l1)) {
    places.push([offset, `table ${table}`]);
    for (const [index, at] of entries(offset)) places.push([at, `data ${table} ${index}`]);
  }
  return places.sort(([a], [b]) => a - b).map(([offset, name]) => `${offset / CLUSTER} ${name}`);
}

const SHUFFLED: readonly Piece[] = [
  "data 0 5",
  "data 1 3",
  "table 1",
  "hole",
  "data 0 0",
  "data 1 0",
  "table 0",
  "data 0 1",
  "data 1 1",
  "data 0 2",
];

Deno.test("the order is header, L1 table, then each L2 table followed by its clusters", () => {
  const bytes = layOut(SHUFFLED);
  const { after, result } = defragment(bytes);
  assertEquals(orderOf(after), [
    "0 header",
    "1 l1",
    "3 table 0",
    "5 data 0 0",
    "6 data 0 1",
    "7 data 0 2",
    "8 data 0 5",
    "9 table 1",
    "11 data 1 0",
    "12 data 1 1",
    "13 data 1 3",
  ]);
  assertEquals(guestBytes(after), guestBytes(bytes));
  assertEquals(after.length, 14 * CLUSTER);
  const { fileBytesBefore, fileBytesAfter, fragmentedBefore, fragmentedAfter } = result;
  assertEquals([fileBytesBefore, fileBytesAfter], [15 * CLUSTER, 14 * CLUSTER]);
  assertEquals([fragmentedBefore, fragmentedAfter], [check(bytes).fragmentedClusters, 0]);
  assertGreater(fragmentedBefore, 0);
});

Deno.test("a file that is in order is not written to", () => {
  const { after } = defragment(layOut(SHUFFLED));
  const again = defragment(after);
  assertEquals(again.labels, []);
  assertEquals(again.result.movedClusters, 0);
  assertEquals(defragment(layOut([])).labels, []);
});

Deno.test("leaks alone are cut off without anything being moved", () => {
  const { after } = defragment(layOut(SHUFFLED));
  const leaking = new Uint8Array(after.length + 2 * CLUSTER + 700).fill(0xee);
  leaking.set(after);
  const { labels, result, after: cut } = defragment(leaking);
  assertEquals(labels, ["flush", "leaked clusters", "flush"]);
  assertEquals([result.movedClusters, cut], [0, after]);
});

Deno.test("each batch is copies, flush, entries, flush, and the file is cut last", () => {
  const { labels } = defragment(layOut(["table 0", "data 0 1", "data 0 0"]));
  assertEquals(labels, [
    "flush",
    "moved-data",
    "flush",
    "l2-table",
    "flush",
    "moved-data",
    "moved-data",
    "flush",
    "l2-table",
    "flush",
    "flush",
    "leaked clusters",
    "flush",
  ]);
});

Deno.test("an L1 table elsewhere moves to its place after the header, also from an overlap", () => {
  for (const pieces of [["data 0 0", "hole", "l1", "data 0 7"], ["l1", "data 1 1"]] as Piece[][]) {
    const bytes = layOut(pieces);
    const { after } = defragment(bytes);
    assertEquals(orderOf(after)[1], "1 l1");
    assertEquals(guestBytes(after), guestBytes(bytes));
  }
  const bytes = layOut(["data 0 3"]);
  const shifted = new Uint8Array(bytes.length + CLUSTER);
  shifted.set(bytes.subarray(0, CLUSTER));
  shifted.set(bytes.subarray(CLUSTER), 2 * CLUSTER);
  const view = new DataView(shifted.buffer);
  view.setBigUint64(40, BigInt(2 * CLUSTER), true);
  const tableBytes = 5 * CLUSTER;
  view.setBigUint64(2 * CLUSTER, BigInt(tableBytes), true);
  view.setBigUint64(tableBytes + 3 * 8, BigInt(4 * CLUSTER), true);
  assertEquals(check(shifted).corruptions, 0);
  const { after } = defragment(shifted);
  assertEquals(orderOf(after), ["0 header", "1 l1", "3 table 0", "5 data 0 3"]);
  assertEquals(guestBytes(after), guestBytes(bytes));
});

Deno.test("the file grows by a window and by tables that move only", () => {
  const indexes = Array.from({ length: 60 }, (_, i) => (i * 37) % 61);
  const bytes = layOut(["table 0", ...indexes.map((i): Piece => `data 0 ${i}`)]);
  for (const windowClusters of [1, 4, 16]) {
    const { log, after } = defragment(bytes, { windowClusters });
    const largest = Math.max(
      ...log.map((entry) => entry.kind === "write" ? entry.offsetBytes + entry.bytes.length : 0),
    );
    assert(largest <= bytes.length + windowClusters * CLUSTER, `window ${windowClusters}`);
    assertEquals(after.length, bytes.length);
  }
});

Deno.test("progress goes up to the clusters of the file", () => {
  const calls: [number, number][] = [];
  defragment(layOut(SHUFFLED), {
    windowClusters: 2,
    progress: (done, total) => calls.push([done, total]),
  });
  assertGreater(calls.length, 2);
  assertEquals(calls.at(-1), [14, 14]);
  calls.forEach(([done], i) => assert(i === 0 || done >= calls[i - 1][0]));
});

Deno.test("a damaged image is refused and does not change", () => {
  const bytes = layOut(SHUFFLED);
  const view = new DataView(bytes.buffer);
  const tableBytes = Number(view.getBigUint64(CLUSTER, true));
  view.setBigUint64(tableBytes + 8 * 900, BigInt(3 * CLUSTER), true);
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage({ writable: true }));
  const error = assertThrows(() => storage.run(defragmentImage(image)), FormatError, "repair");
  assertEquals(error.field, "l2_table[0][900]");
  assertEquals(storage.memory.toBytes(), bytes);
});

Deno.test("a read-only image is refused", () => {
  const storage = new RecordingStorage(layOut(SHUFFLED));
  const image = storage.run(openImage());
  assertThrows(() => storage.run(defragmentImage(image)), ImageError, "read-only");
});

Deno.test("whichever request fails, the guest's disk stays whole and a second try ends the work", () => {
  const bytes = layOut(SHUFFLED);
  const expected = guestBytes(bytes);
  const whole = defragment(bytes, { windowClusters: 3 });
  for (let index = 0; index < whole.labels.length; index++) {
    const storage = new RecordingStorage(bytes);
    const image = storage.run(openImage({ writable: true }));
    let seen = 0;
    storage.fault = ({ kind }) =>
      kind !== "read" && kind !== "size" && seen++ === index ? "EIO" : undefined;
    const work = defragmentImage(image, { windowClusters: 3 });
    assertThrows(() => storage.run(work), StorageError);
    storage.fault = () => undefined;
    const left = storage.memory.toBytes();
    assertEquals([check(left).corruptions, guestBytes(left)], [0, expected]);
    assertEquals(defragment(left).after, whole.after);
  }
});

Deno.test("a crash at any point leaves the guest's disk whole and nothing but leaks", () => {
  const base = layOut(SHUFFLED);
  const expected = guestBytes(base);
  const whole = defragment(base, { windowClusters: 3 });
  for (const { name, bytes } of crashStates(base, whole.log)) {
    assertEquals(check(bytes).corruptions, 0, name);
    assertEquals(guestBytes(bytes), expected, name);
    assertEquals(defragment(bytes).after, whole.after, name);
  }
});

Deno.test("a table that moves while it is read without a lock is looked up again", () => {
  const bytes = layOut(SHUFFLED);
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage({ writable: true }));
  const looking = nextExtent(image, 0n);
  let step = looking.next();
  assert(!step.done && step.value.kind === "read" && step.value.label === "l2-table");
  storage.run(defragmentImage(image));
  while (!step.done) {
    assert(step.value.kind !== "wait");
    step = looking.next(storage.perform(step.value));
  }
  assertEquals(step.value, {
    startBytes: 0n,
    lengthBytes: 3n * 4096n,
    state: "data",
    hostBytes: 20480,
  });
  const disk = new Uint8Array(IMAGE_BYTES);
  storage.run(readImage(image, 0, disk));
  assertEquals(disk, guestBytes(bytes));
});

Deno.test("nothing is moved to clusters that were allocated meanwhile", async () => {
  const bytes = layOut(["data 1 0", "hole", ...SHUFFLED, "hole", "data 0 30", "data 2 3"]);
  const expected = guestBytes(bytes);
  for (let after = 0; after < 40; after++) {
    const storage = new RecordingStorage(bytes);
    const image = storage.run(openImage({ writable: true }));
    const driver = new AsyncDriver([{ submit: async (request) => await storage.perform(request) }]);
    const pause = Promise.withResolvers<void>();
    let requests = 0;
    storage.fault = () => void (requests++ === after && pause.resolve());
    const work = driver.run(defragmentImage(image, { windowClusters: 1 }));
    await pause.promise;
    const repair = image.withAllocationLock(repairImage(image, { corruptions: true, leaks: true }));
    await driver.run(image.withRangeLock(WHOLE_DISK, "change", repair));
    await work;
    const left = storage.memory.toBytes();
    assertEquals([check(left).corruptions, guestBytes(left)], [0, expected], `after ${after}`);
  }
});

Deno.test("the image can be used afterwards", () => {
  const { storage, image, after } = defragment(layOut(SHUFFLED));
  const expected = guestBytes(after);
  const bytes = new Uint8Array(3 * CLUSTER).fill(0x77);
  storage.run(writeImage(image, PER_TABLE - CLUSTER, bytes));
  expected.set(bytes, PER_TABLE - CLUSTER);
  storage.run(closeImage(image));
  const closed = storage.memory.toBytes();
  assertEquals(guestBytes(closed), expected);
  assertEquals([check(closed).corruptions, check(closed).leaks], [0, 0]);
});

const PIECES: fc.Arbitrary<Piece[]> = fc.uniqueArray(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.nat(2), fc.nat(30)).map(([t, i]): Piece => `data ${t} ${i}`),
    },
    { weight: 2, arbitrary: fc.nat(2).map((t): Piece => `table ${t}`) },
    { weight: 1, arbitrary: fc.constant<Piece>("l1") },
  ),
  { maxLength: 50 },
).chain((pieces) =>
  fc.array(fc.nat(pieces.length), { maxLength: 8 }).map((holes) =>
    holes.reduce<Piece[]>((all, at) => all.toSpliced(at, 0, "hole"), pieces)
  )
);

seededTest("any arrangement is put in order and keeps its contents", (seed) => {
  const options = fc.record({
    windowClusters: fc.constantFrom(1, 2, 5, 100),
    trackedClusters: fc.constantFrom(2, 10, 1000),
  });
  fc.assert(
    fc.property(PIECES, options, (pieces, options) => {
      const bytes = layOut(pieces);
      const { after } = defragment(bytes, options);
      assertEquals(guestBytes(after), guestBytes(bytes));
      const found = check(after);
      assertEquals([found.corruptions, found.leaks, found.fragmentedClusters], [0, 0, 0]);
      assertEquals(defragment(after).labels, []);
    }),
    { seed, numRuns: sized({ short: 40, long: 150 }) },
  );
});
