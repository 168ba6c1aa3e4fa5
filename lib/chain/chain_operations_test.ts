/** What operations on chains refuse, and what becomes of them when storage fails. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ImageBuilder } from "../qed/format/image_builder.ts";
import {
  type BackingSource,
  createImage,
  FormatError,
  ImageError,
  openImage,
  type QedImage,
  readImage,
} from "../qed/mod.ts";
import { SECTOR_BYTES } from "../storage/sector.ts";
import {
  type Filter,
  filtered,
  MemoryStorage,
  type Operation,
  type Request,
  runSync,
  StorageError,
} from "../storage/mod.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { commitChain, rebaseChain, streamChain } from "./chain_operations.ts";
import { commitImage } from "./commit.ts";
import { HostError } from "../storage/host_error.ts";
import { ImageChain } from "./image_chain.ts";
import { rebaseImage } from "./rebase.ts";
import { createOverlay } from "./snapshot.ts";
import { streamImage } from "./stream.ts";

const MiB = 2 ** 20;
const CLUSTER = 4096;

/** base.raw, middle.qed and top.qed, each with a cluster of its own. */
function makeChain(dir: string): { top: string; expected: Uint8Array } {
  const expected = new Uint8Array(MiB).fill(1, 0, 10 * CLUSTER);
  Deno.writeFileSync(`${dir}/base.raw`, expected);
  let below = "base.raw";
  for (const [index, name] of ["middle.qed", "top.qed"].entries()) {
    const builder = new ImageBuilder({ image_size: BigInt(MiB) });
    builder.setBackingName(below).setHeader({ features: index === 0 ? 5n : 1n });
    builder.addData(builder.addL2Table(0), 3 + index, 7 + index);
    expected.fill(7 + index, (3 + index) * CLUSTER, (4 + index) * CLUSTER);
    builder.save(`${dir}/${name}`);
    below = name;
  }
  return { top: `${dir}/top.qed`, expected };
}

function readAll(path: string): Uint8Array {
  using chain = ImageChain.open(path);
  const bytes = new Uint8Array(Number(chain.guestBytes));
  chain.read(0n, bytes);
  return bytes;
}

Deno.test("an image can be rebased to a file of its own chain, and to none", () =>
  inTempDir(async (dir) => {
    const { top, expected } = makeChain(dir);
    {
      using backing = ImageChain.open(`${dir}/base.raw`, { format: "raw" });
      using chain = backing.openBeside(top, { writable: true });
      await rebaseChain(chain, { backing, reference: { name: "base.raw", isRaw: true } });
      const bytes = new Uint8Array(MiB);
      chain.run(readImage(chain.image, 0, bytes));
      assertEquals(bytes, expected, "it reads through the new file at once");
      chain.close();
    }
    Deno.removeSync(`${dir}/middle.qed`);
    assertEquals(readAll(top), expected);
    using chain = ImageChain.open(top, { writable: true });
    await rebaseChain(chain, undefined);
    chain.close();
    Deno.removeSync(`${dir}/base.raw`);
    assertEquals(readAll(top), expected);
  }));

Deno.test("a safe rebase copies only differences", () =>
  inTempDir(async (dir) => {
    const { top, expected } = makeChain(dir);
    Deno.copyFileSync(`${dir}/base.raw`, `${dir}/copy.raw`);
    {
      using chain = ImageChain.open(`${dir}/middle.qed`, { writable: true, writableDepth: 1 });
      await commitChain(chain, { keepsImage: true });
      chain.close();
    }
    const before = Deno.statSync(top).size;
    using backing = ImageChain.open(`${dir}/base.raw`, { format: "raw" });
    using chain = backing.openBeside(top, { writable: true });
    await rebaseChain(chain, { backing, reference: { name: "base.raw", isRaw: true } });
    chain.close();
    assertEquals(Deno.statSync(top).size, before);
    assertEquals(readAll(top), expected);
  }));

Deno.test("an image never becomes its own backing file", () =>
  inTempDir(async (dir) => {
    const { top } = makeChain(dir);
    using backing = ImageChain.open(top);
    using chain = backing.openBeside(`${dir}/middle.qed`);
    await assertRejects(
      () => rebaseChain(chain, { backing, reference: { name: "top.qed", isRaw: false } }),
      HostError,
      "would form a loop",
    );
  }));

Deno.test("a chain that is not open for writing is not changed", () =>
  inTempDir(async (dir) => {
    const { top } = makeChain(dir);
    using chain = ImageChain.open(top);
    await assertRejects(() => rebaseChain(chain, undefined), ImageError, "read-only");
    await assertRejects(() => streamChain(chain), ImageError, "read-only");
    await assertRejects(() => commitChain(chain), ImageError, "read-only");
    await assertRejects(() => commitChain(chain, { baseDepth: 3 }), HostError, "no backing file");
    const reference = { name: "x", isRaw: true };
    await assertRejects(
      () => streamChain(chain, { base: { depth: 9, reference } }),
      HostError,
      "no file at depth 9",
    );
    using raw = ImageChain.open(`${dir}/base.raw`);
    await assertRejects(() => rebaseChain(raw, undefined), ImageError, "is a raw image");
  }));

Deno.test("an image that is committed to is locked", () =>
  inTempDir((dir) => {
    const { top } = makeChain(dir);
    using _chain = ImageChain.open(top, { writable: true, writableDepth: 1 });
    assertThrows(() => ImageChain.open(`${dir}/middle.qed`), HostError, "open for writing");
    assertThrows(() => ImageChain.open(top), HostError, "open for writing");
  }));

Deno.test("an overlay has the size of its backing file, rounded up to a sector", () =>
  inTempDir((dir) => {
    Deno.writeFileSync(`${dir}/odd.raw`, new Uint8Array(700).fill(4));
    using chain = ImageChain.open(`${dir}/odd.raw`, { format: "raw" });
    createOverlay(`${dir}/top.qed`, chain);
    const expected = new Uint8Array(2 * SECTOR_BYTES).fill(4, 0, 700);
    assertEquals(readAll(`${dir}/top.qed`), expected);
    assertThrows(() => createOverlay(`${dir}/top.qed`, chain), HostError, "File exists");
  }));

/** Fails a request of each kind, one after the other: the `number`th of all. */
function failAt(number: number): { filter: Filter; hasFailed: () => boolean } {
  let count = 0;
  const filter: Filter = function* (request: Request) {
    if (request.kind !== "read" && request.kind !== "size" && ++count === number) {
      throw new StorageError("ENOSPC", request);
    }
    return yield request;
  };
  return { filter, hasFailed: () => count >= number };
}

/** An overlay in slot 0 over a raw file in slot 1. */
function overlayFiles(): { image: MemoryStorage; base: MemoryStorage; expected: Uint8Array } {
  const base = new MemoryStorage(new Uint8Array(6 * CLUSTER).fill(1));
  const builder = new ImageBuilder({ image_size: BigInt(8 * CLUSTER) });
  builder.setBackingName("base").setHeader({ features: 5n });
  const table = builder.addL2Table(0);
  builder.addData(table, 2, 2);
  builder.setEntry(table, 4, 1);
  const expected = new Uint8Array(8 * CLUSTER).fill(1, 0, 6 * CLUSTER);
  expected.fill(2, 2 * CLUSTER, 3 * CLUSTER).fill(0, 4 * CLUSTER, 5 * CLUSTER);
  return { image: new MemoryStorage(builder.toBytes()), base, expected };
}

const RAW: BackingSource = { kind: "raw", file: 1, sizeBytes: 6 * CLUSTER };

/** Open the overlay, with its backing file if it still has one. */
function* openOverlay(writable: boolean): Operation<QedImage> {
  const image = yield* openImage({ writable });
  if (image.backingName !== undefined) image.backing = RAW;
  return image;
}

/** Operations on the overlay by which its guest must not notice anything. */
const OPERATIONS: Readonly<Record<string, (image: QedImage) => Operation<unknown>>> = {
  "rebase to none": (image) => rebaseImage(image, undefined),
  "stream": (image) => streamImage(image),
  "commit": (image) => commitImage(image, RAW),
};

for (const [name, operate] of Object.entries(OPERATIONS)) {
  Deno.test(`whichever request of ${name} fails, the guest sees the same, and it can be done again`, () => {
    let failures = 0;
    for (let number = 1;; number++) {
      const { image: file, base, expected } = overlayFiles();
      const files = [file, base];
      const { filter, hasFailed } = failAt(number);
      const image = runSync(openOverlay(true), files);
      try {
        runSync(filtered(operate(image), filter), files);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        failures++;
      }
      const again = runSync(openOverlay(true), files);
      const bytes = new Uint8Array(8 * CLUSTER);
      runSync(readImage(again, 0, bytes), files);
      assertEquals(bytes, expected, `request ${number}`);
      if (!hasFailed()) break;
      runSync(operate(again), files);
      runSync(readImage(again, 0, bytes), files);
      assertEquals(bytes, expected, `request ${number}, again`);
    }
    assert(failures > 2);
  });
}

Deno.test("a bad table entry of the overlay ends a commit with its name", () => {
  const { image: file, base } = overlayFiles();
  const builder = new ImageBuilder({ image_size: BigInt(8 * CLUSTER) });
  builder.setBackingName("base").setHeader({ features: 5n });
  builder.setEntry(builder.addL2Table(0), 1, 2 ** 40);
  const files = [new MemoryStorage(builder.toBytes()), base];
  const image = runSync(openOverlay(true), files);
  const before = base.toBytes();
  const error = assertThrows(() => runSync(commitImage(image, RAW), files), FormatError);
  assertEquals(error.field, "l2_table[0][1]");
  // It may have grown.
  assertEquals(base.toBytes().subarray(0, before.length), before);
  assertThrows(
    () => runSync(commitImage(image, { kind: "qed", image }), [file, base]),
    ImageError,
    "to itself",
  );
});

Deno.test("a base that cannot grow so far does not change", () => {
  const { base } = overlayFiles();
  const small = new MemoryStorage();
  // Tables of 512 entries for clusters of 4 KiB: a gibibyte at most.
  runSync(createImage({ imageBytes: MiB, clusterBytes: CLUSTER, tableClusters: 1 }), [small]);
  const large = new MemoryStorage();
  runSync(createImage({ imageBytes: 2 ** 31, backing: { name: "b", isRaw: false } }), [large]);
  const files = [large, base, small];
  const under = runSync(openImage({ file: 2, writable: true }), files);
  const image = runSync(openImage({ writable: true }), files);
  image.backing = { kind: "qed", image: under };
  const before = small.toBytes();
  assertThrows(
    () => runSync(commitImage(image, { kind: "qed", image: under }), files),
    ImageError,
    "must be at most 1073741824",
  );
  assertEquals(small.toBytes(), before);
});
