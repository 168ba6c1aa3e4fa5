/** The order in which each profile lets the parts of a guest's write reach the disk. */
import { assertEquals } from "@std/assert";
import { smallImage } from "../format/image_builder.ts";
import { RecordingStorage } from "../../../test_support/recording.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { closeImage, flushImage } from "../image/close.ts";
import { createImage } from "../image/create.ts";
import type { QedImage } from "../image/image.ts";
import { openImage } from "../open.ts";
import { type OrderingProfile, QEMU, RFC, STRICT, UNORDERED } from "../format/profile.ts";
import { readImage } from "./read_image.ts";
import { writeImage } from "./write.ts";

const CLUSTER = 4096;
const PER_TABLE = 1024 * CLUSTER;

interface Opened {
  readonly storage: RecordingStorage;
  readonly image: QedImage;
  readonly write: (offset: number, length: number, value?: number) => string[];
}

function openNew(
  profile: OrderingProfile,
  options: { readonly hasBacking?: boolean; readonly layout?: "rfc" } = {},
): Opened {
  const storage = new RecordingStorage();
  const base = new MemoryStorage(new Uint8Array(CLUSTER).fill(0xbb));
  storage.run(createImage({
    imageBytes: 4 * PER_TABLE,
    clusterBytes: CLUSTER,
    tableClusters: 2,
    ...(options.hasBacking && { backing: { name: "base", isRaw: true } }),
    ...(options.layout && { layout: options.layout }),
  }));
  return open(storage, { profile, base: options.hasBacking ? base : undefined });
}

function open(
  storage: RecordingStorage,
  options: { readonly profile: OrderingProfile; readonly base?: MemoryStorage | undefined },
): Opened {
  const { profile, base } = options;
  const others = base ? [base] : [];
  const image = storage.run(openImage({ writable: true, profile }), ...others);
  if (base) image.backing = { kind: "raw", file: 1, sizeBytes: base.sizeBytes };
  storage.takeLabels();
  const write = (offset: number, length: number, value = 1) => {
    storage.run(writeImage(image, offset, new Uint8Array(length).fill(value)), ...others);
    return storage.takeLabels();
  };
  return { storage, image, write };
}

/** What a first allocation, a second one beside it, one in another table and an overwrite do. */
const ORDERS: [string, Opened, { first: string[]; next: string[]; newTable: string[] }][] = [
  ["strict", openNew(STRICT), {
    first: ["header", "flush", "data", "new-l2-table", "flush", "l1-table"],
    next: ["data", "l2-table"],
    newTable: ["data", "new-l2-table", "flush", "l1-table"],
  }],
  ["strict with a backing file", openNew(STRICT, { hasBacking: true }), {
    first: ["data", "flush", "new-l2-table", "flush", "l1-table"],
    next: ["data", "flush", "l2-table"],
    newTable: ["data", "flush", "new-l2-table", "flush", "l1-table"],
  }],
  ["strict in the rfc layout", openNew(STRICT, { layout: "rfc" }), {
    first: ["data", "flush", "new-l2-table", "flush", "l1-table"],
    next: ["data", "flush", "l2-table"],
    newTable: ["data", "flush", "new-l2-table", "flush", "l1-table"],
  }],
  ["qemu", openNew(QEMU), {
    first: ["header", "fill", "fill", "data", "new-l2-table", "flush", "l1-table"],
    next: ["fill", "fill", "data", "l2-table"],
    newTable: ["fill", "fill", "data", "new-l2-table", "flush", "l1-table"],
  }],
  ["qemu with a backing file", openNew(QEMU, { hasBacking: true }), {
    first: ["fill", "fill", "data", "flush", "new-l2-table", "flush", "l1-table"],
    next: ["fill", "fill", "data", "flush", "l2-table"],
    newTable: ["fill", "fill", "data", "flush", "new-l2-table", "flush", "l1-table"],
  }],
  ["rfc", openNew(RFC), {
    first: ["fill", "fill", "data", "new-l2-table", "flush", "l1-table"],
    next: ["fill", "fill", "data", "l2-table"],
    newTable: ["fill", "fill", "data", "new-l2-table", "flush", "l1-table"],
  }],
  ["rfc with a backing file", openNew(RFC, { hasBacking: true }), {
    first: ["fill", "fill", "data", "new-l2-table", "flush", "l1-table"],
    next: ["fill", "fill", "data", "l2-table"],
    newTable: ["fill", "fill", "data", "new-l2-table", "flush", "l1-table"],
  }],
  ["unordered", openNew(UNORDERED), {
    first: ["data", "new-l2-table", "l1-table"],
    next: ["data", "l2-table"],
    newTable: ["data", "new-l2-table", "l1-table"],
  }],
];

for (const [name, { write }, expected] of ORDERS) {
  Deno.test(`the order of writes and flushes: ${name}`, () => {
    assertEquals(write(100, 100), expected.first);
    assertEquals(write(2 * CLUSTER + 100, 100), expected.next);
    assertEquals(write(PER_TABLE + 100, 100), expected.newTable);
    assertEquals(write(90, 120), ["data"], "in place no metadata moves");
  });
}

Deno.test("the requests of closing and of a flush depend on NEED_CHECK and the profile", () => {
  const closing = (profile: OrderingProfile, hasBacking = false) => {
    const { storage, image, write } = openNew(profile, { hasBacking });
    write(0, 1);
    storage.run(flushImage(image));
    const flushed = storage.takeLabels();
    storage.run(closeImage(image));
    return [flushed, storage.takeLabels()];
  };
  assertEquals(closing(STRICT), [["flush"], ["flush", "header", "flush"]]);
  assertEquals(closing(QEMU), [["flush"], ["flush", "header", "flush"]]);
  assertEquals(closing(STRICT, true), [["flush"], ["flush"]]);
  assertEquals(closing(RFC), [["flush"], ["flush"]]);
});

Deno.test("NEED_CHECK is set once for many allocations, and again after a reopening", () => {
  const { storage, image, write } = openNew(STRICT);
  write(0, 1);
  assertEquals(write(CLUSTER, 1), ["data", "l2-table"]);
  storage.run(closeImage(image));
  const again = open(storage, { profile: STRICT });
  assertEquals(again.write(0, 5), ["data"], "in place there is nothing to protect");
  assertEquals(again.write(2 * CLUSTER, 1), ["header", "flush", "data", "l2-table"]);
});

Deno.test("adjacent clusters with the same state are allocated in one step", () => {
  const { storage, write } = openNew(STRICT);
  write(0, 1);
  write(5 * CLUSTER, 1);
  storage.run(flushImage(open(storage, { profile: STRICT }).image));
  storage.takeLabels();
  // Partial, three whole ones, the allocated one, then another partial one.
  const labels = write(CLUSTER + 7, 5 * CLUSTER);
  assertEquals(labels, ["data", "data", "l2-table", "data", "data", "l2-table"]);
});

Deno.test("a write across two L2 tables does all of the first one before the second", () => {
  const { write } = openNew(STRICT);
  const table = ["data", "new-l2-table", "flush", "l1-table"];
  assertEquals(write(PER_TABLE - 10, 20), ["header", "flush", ...table, ...table]);
});

Deno.test("strict cuts off a torn tail before it allocates, qemu and rfc do not", () => {
  const withTail = () => {
    const { builder } = smallImage();
    const torn = new RecordingStorage(
      new Uint8Array([...builder.toBytes(), ...new Uint8Array(700).fill(0xee)]),
    );
    return torn;
  };
  const strict = open(withTail(), { profile: STRICT });
  assertEquals(strict.write(0, 1), ["data"], "in place the tail does not matter");
  assertEquals(strict.write(40000, 1), ["torn tail", "header", "flush", "data", "l2-table"]);
  assertEquals(strict.write(50000, 1), ["data", "l2-table"]);
  const qemu = open(withTail(), { profile: QEMU });
  assertEquals(qemu.write(40000, CLUSTER)[0], "header");
  const rounded = open(withTail(), { profile: RFC });
  const endBytes = rounded.image.endBytes;
  assertEquals(endBytes, Math.ceil((8 * CLUSTER + 700) / CLUSTER) * CLUSTER);
});

Deno.test("a zero cluster is filled up with zeroes, but by qemu with the data that it hides", () => {
  for (const [profile, around] of [[STRICT, 0], [QEMU, 0xbb]] as const) {
    const { builder, l2Bytes } = smallImage();
    builder.setEntry(l2Bytes, 0, 1).setBackingName("base").setHeader({ features: 5n });
    const storage = new RecordingStorage(builder.toBytes());
    const base = new MemoryStorage(new Uint8Array(CLUSTER).fill(0xbb));
    const { image, write } = open(storage, { profile, base });
    const into = new Uint8Array(3);
    storage.run(readImage(image, 0, into), base);
    assertEquals(into, new Uint8Array(3), "the zero cluster hides the backing file");
    write(1, 1, 7);
    storage.run(readImage(image, 0, into), base);
    assertEquals(into, new Uint8Array([around, 7, around]), profile.name);
  }
});
