import { assertEquals, assertThrows } from "@std/assert";
import { RecordingStorage } from "../../../test_support/recording.ts";
import { changeEntries } from "./change_entries.ts";
import { createImage } from "./create.ts";
import type { QedImage } from "./image.ts";
import { openImage } from "../open.ts";

/** L1 tables of four slices: 32768 entries in 64 clusters' sectors. */
const TABLE_BYTES = 2 ** 18;
const SLICE_ENTRIES = 8192;

function newImage(): { storage: RecordingStorage; image: QedImage } {
  const storage = new RecordingStorage();
  storage.run(createImage({ imageBytes: 2 ** 30 }));
  const image = storage.run(openImage({ writable: true }));
  assertEquals(image.l1.block.bytes.length, TABLE_BYTES);
  storage.takeLabels();
  return { storage, image };
}

function onDisk(storage: RecordingStorage, image: QedImage): Uint8Array {
  const start = image.l1.offsetBytes;
  return storage.memory.toBytes().subarray(start, start + TABLE_BYTES);
}

Deno.test("sectors that change are written, adjacent ones of a slice together, no others", () => {
  const { storage, image } = newImage();
  const changed = new Set([3, 63, 64, 300, SLICE_ENTRIES - 1, SLICE_ENTRIES, 20000]);
  const order: number[] = [];
  let slices = 0;
  storage.run(changeEntries(image, image.l1, { from: 3, to: 30000 }, {
    decide(index, entry) {
      order.push(index);
      return changed.has(index) ? 2 ** 40 + index : entry;
    },
    done: () => slices++,
  }));
  assertEquals(order.length, 30000 - 3);
  assertEquals(order.every((index, i) => index === i + 3), true);
  const sectors = storage.recorded.map((entry) =>
    entry.kind === "write"
      ? [(entry.offsetBytes - image.l1.offsetBytes) / 512, entry.bytes.length / 512]
      : []
  );
  assertEquals(sectors, [[0, 2], [4, 1], [127, 1], [128, 1], [312, 1]]);
  assertEquals(slices, 4);
  for (const index of changed) assertEquals(image.l1.entry(index), 2 ** 40 + index);
  assertEquals(onDisk(storage, image), image.l1.block.bytes);
});

Deno.test("an error leaves its slice unchanged, in memory and on disk", () => {
  const { storage, image } = newImage();
  const change = () =>
    storage.run(changeEntries(image, image.l1, { from: 0, to: 2 * SLICE_ENTRIES }, {
      decide(index) {
        if (index === SLICE_ENTRIES + 5) throw new Error("a bad entry");
        return index % SLICE_ENTRIES === 0 ? 512 : 0;
      },
    }));
  assertThrows(change, Error, "a bad entry");
  assertEquals([image.l1.entry(0), image.l1.entry(SLICE_ENTRIES)], [512, 0]);
  assertEquals(onDisk(storage, image), image.l1.block.bytes);
});

Deno.test("nothing in memory changes before it is on disk", () => {
  const { storage, image } = newImage();
  const range = { from: 0, to: 10 };
  const changing = changeEntries(image, image.l1, range, { decide: () => 512 });
  const { value } = changing.next();
  assertEquals([value && value.kind, image.l1.entry(0)], ["write", 0]);
  changing.next(512);
  assertEquals([image.l1.entry(0), image.tableChanges], [512, 1]);
  assertEquals(storage.labels, []);
});
