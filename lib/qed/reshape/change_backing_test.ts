import { assert, assertEquals, assertThrows } from "@std/assert";
import { ImageBuilder } from "../format/image_builder.ts";
import { RecordingStorage } from "../../../test_support/recording.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import type { BackingReference } from "../format/backing_name.ts";
import { changeBacking } from "./change_backing.ts";
import { crashStates } from "../check/crash_states_testing.ts";
import { createImage } from "../image/create.ts";
import { ImageError } from "../format/format_error.ts";
import type { HeaderLayout } from "../format/layout.ts";
import { openImage } from "../open.ts";
import { readImage } from "../io/read_image.ts";

const SHORT: BackingReference = { name: "base.raw", isRaw: true };
const OTHER: BackingReference = { name: "other.qed", isRaw: false };
const MEDIUM: BackingReference = { name: "m".repeat(448), isRaw: false };
const LONG: BackingReference = { name: "l".repeat(1023), isRaw: true };
const LONGER: BackingReference = { name: "ü".repeat(511), isRaw: false };

function create(layout: HeaderLayout, backing: BackingReference | undefined): RecordingStorage {
  const storage = new RecordingStorage();
  storage.run(createImage({
    imageBytes: 2 ** 20,
    clusterBytes: 4096,
    tableClusters: 1,
    layout,
    ...(backing && { backing }),
  }));
  storage.takeLabels();
  return storage;
}

/** What the header says, as a fresh opening reads it. */
function backingOf(bytes: Uint8Array): BackingReference | undefined {
  const storage = new RecordingStorage(bytes);
  const { backingName, backingIsRaw } = storage.run(openImage());
  return backingName === undefined ? undefined : { name: backingName, isRaw: backingIsRaw };
}

for (const layout of ["final", "rfc"] as const) {
  Deno.test(`a backing file is set, changed and removed again (${layout})`, () => {
    const storage = create(layout, undefined);
    const image = storage.run(openImage({ writable: true }));
    for (const next of [SHORT, LONG, LONGER, LONG, MEDIUM, OTHER, undefined, LONG, undefined]) {
      storage.run(changeBacking(image, next));
      assertEquals([image.backingName, image.backingIsRaw], [next?.name, next?.isRaw ?? false]);
      assertEquals(backingOf(storage.memory.toBytes()), next);
      assertEquals(storage.run(openImage()).header.layout, layout);
    }
  });

  Deno.test(`a crash at any point leaves the old name or the new one (${layout})`, () => {
    const references = [undefined, SHORT, OTHER, MEDIUM, LONG, LONGER];
    for (const from of references) {
      for (const to of references) {
        const storage = create(layout, from);
        const base = storage.memory.toBytes();
        const image = storage.run(openImage({ writable: true }));
        storage.run(changeBacking(image, to));
        for (const { name, bytes } of crashStates(base, storage.recorded)) {
          const found = backingOf(bytes);
          const isKnown = [from, to].some((each) =>
            each?.name === found?.name && each?.isRaw === found?.isRaw
          );
          assert(isKnown, `${name}: ${found?.name}`);
        }
      }
    }
  });
}

Deno.test("a name that does not fit the first sector is durable before the header points at it", () => {
  const storage = create("final", SHORT);
  const image = storage.run(openImage({ writable: true }));
  storage.run(changeBacking(image, LONG));
  assertEquals(storage.takeLabels(), ["backing-name", "flush", "header", "flush"]);
  storage.run(changeBacking(image, SHORT));
  assertEquals(storage.takeLabels(), ["flush", "header", "flush"]);
});

Deno.test("a new name is never written over the old one, also across sectors", () => {
  // QEMU puts a long name after the fields: it starts in the first sector and continues after it.
  const builder = new ImageBuilder({ features: 1n });
  builder.setBackingName("q".repeat(1000));
  const storage = new RecordingStorage(builder.toBytes());
  const image = storage.run(openImage({ writable: true }));
  storage.run(changeBacking(image, LONG));
  const [name] = storage.recorded;
  assert(name.kind === "write");
  assertEquals([name.offsetBytes, name.bytes.length], [3 * 512, 2 * 512]);
  assertEquals(backingOf(storage.memory.toBytes()), LONG);
});

Deno.test("a new name that does not fit beside the old one is refused", () => {
  const builder = new ImageBuilder({ features: 1n });
  builder.setBackingName("q".repeat(2500), { offset: 700 });
  const bytes = builder.toBytes();
  const storage = new RecordingStorage(bytes);
  const image = storage.run(openImage({ writable: true }));
  const change = () => storage.run(changeBacking(image, LONG));
  assertThrows(change, ImageError, "no room in the header of 4096 bytes");
  assertEquals(storage.memory.toBytes(), bytes);
  storage.run(changeBacking(image, SHORT));
  storage.run(changeBacking(image, LONG));
  assertEquals(backingOf(storage.memory.toBytes()), LONG);
});

Deno.test("names that cannot be stored are refused before anything is written", () => {
  const storage = create("final", SHORT);
  const image = storage.run(openImage({ writable: true }));
  for (const name of ["", "n".repeat(1024), "ü".repeat(512), "a\0b", "\ud800"]) {
    const change = () => storage.run(changeBacking(image, { name, isRaw: false }));
    assertThrows(change, ImageError, "invalid backing file name");
  }
  assertEquals(storage.takeLabels(), []);
  const readOnly = storage.run(openImage());
  assertThrows(() => storage.run(changeBacking(readOnly, OTHER)), ImageError, "read-only");
});

Deno.test("the old backing file is detached, and unknown header bytes and bits are kept", () => {
  const builder = new ImageBuilder({ features: 1n, compat_features: 1n << 40n });
  builder.setBackingName("old", { offset: 100 });
  builder.file.write(300, new Uint8Array([1, 2, 3]));
  const storage = new RecordingStorage(builder.toBytes());
  const image = storage.run(openImage({ writable: true }));
  image.backing = { kind: "raw", file: 1, sizeBytes: 0 };
  storage.run(changeBacking(image, SHORT));
  const into = new Uint8Array(1);
  assertThrows(() => storage.run(readImage(image, 0, into)), ImageError, '"base.raw" is not open');
  image.backing = { kind: "raw", file: 1, sizeBytes: 1 };
  storage.run(readImage(image, 0, into), new MemoryStorage(new Uint8Array([5])));
  assertEquals(into, new Uint8Array([5]));

  const bytes = storage.memory.toBytes();
  assertEquals(bytes.subarray(100, 103), new Uint8Array(3));
  assertEquals(bytes.subarray(300, 303), new Uint8Array([1, 2, 3]));
  assertEquals(storage.run(openImage()).header.compatFeatures, 1n << 40n);
});
