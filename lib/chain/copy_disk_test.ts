import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { createImage, FormatError, openImage, UNORDERED, writeImage } from "../qed/mod.ts";
import { FileStorage, runSync } from "../storage/mod.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { copyDisk } from "./copy_disk.ts";
import { DiskReader } from "./disk_reader.ts";
import { ImageChain } from "./image_chain.ts";
import { SharedBlocks } from "./shared_blocks.ts";
import { isZero } from "../storage/data_ranges.ts";

const MIB = 1 << 20;
/** More than what is copied before the other thread takes over. */
const DISK_BYTES = 72 * MIB + 512;

/** Data on a disk that is zeroes elsewhere. */
interface Patch {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

function makeRaw(path: string, patches: readonly Patch[]): void {
  using file = FileStorage.open(path, "create");
  file.perform({ kind: "resize", file: 0, sizeBytes: DISK_BYTES, label: "disk" });
  for (const { offsetBytes, bytes } of patches) {
    file.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "disk" });
  }
}

function makeQed(path: string, patches: readonly Patch[]): void {
  using file = FileStorage.open(path, "create");
  runSync(createImage({ imageBytes: DISK_BYTES }), [file]);
  const image = runSync(openImage({ writable: true, profile: UNORDERED }), [file]);
  for (const { offsetBytes, bytes } of patches) {
    runSync(writeImage(image, offsetBytes, bytes), [file]);
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Copy the disk at `path`. What is written must be what `disk` holds; answers where that is. */
async function copy(
  path: string,
  disk: Uint8Array,
  options: { readonly unitBytes: number; readonly readsAhead: boolean },
): Promise<Range[]> {
  using source = ImageChain.open(path);
  const written: Range[] = [];
  let told = 0n;
  await copyDisk(source, {
    ...options,
    write(offset, bytes) {
      const [start, end] = [Number(offset), Number(offset) + bytes.length];
      assertEquals(Buffer.compare(bytes, disk.subarray(start, end)), 0);
      written.push({ start, end });
    },
    onBlock(doneBytes) {
      assert(doneBytes >= told);
      told = doneBytes;
    },
  });
  assertEquals(told, source.guestBytes);
  return written;
}

/** Every range in whole units, in order, and nothing but zeroes between them. */
function assertComplete(written: readonly Range[], disk: Uint8Array, unitBytes: number): void {
  let end = 0;
  for (const range of [...written, { start: DISK_BYTES, end: DISK_BYTES }]) {
    assert(range.start >= end, "written twice, or not in order");
    assert(isZero(disk.subarray(end, range.start)), `data is missing from ${end} on`);
    assert(range.start % unitBytes === 0 || range.start === DISK_BYTES);
    assert(range.end % unitBytes === 0 || range.end === DISK_BYTES);
    end = range.end;
  }
}

const PATCHES = fc.array(
  fc.record({
    // Around where the other thread takes over, and anywhere.
    sector: fc.oneof(
      fc.integer({ min: 0, max: DISK_BYTES / 512 - 1 }),
      fc.integer({ min: (64 * MIB) / 512 - 300, max: (64 * MIB) / 512 + 300 }),
    ),
    sectors: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 6000 })),
    value: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 6 },
).map((all) =>
  all.map(({ sector, sectors, value }): Patch => ({
    offsetBytes: sector * 512,
    bytes: new Uint8Array(Math.min(sectors * 512, DISK_BYTES - sector * 512)).fill(value),
  }))
);

seededTest(
  "a copy holds the same, read by one thread or two, and is in whole units",
  (seed) =>
    inTempDir((dir) => {
      const disk = new Uint8Array(DISK_BYTES);
      return fc.assert(
        fc.asyncProperty(
          PATCHES,
          fc.constantFrom(4096, 65_536, 4 * MIB),
          fc.boolean(),
          async (patches, unitBytes, isQed) => {
            (isQed ? makeQed : makeRaw)(`${dir}/source`, patches);
            for (const { offsetBytes, bytes } of patches) disk.set(bytes, offsetBytes);
            try {
              for (const readsAhead of [false, true]) {
                const written = await copy(`${dir}/source`, disk, { unitBytes, readsAhead });
                assertComplete(written, disk, unitBytes);
              }
            } finally {
              for (const { offsetBytes, bytes } of patches) {
                disk.fill(0, offsetBytes, offsetBytes + bytes.length);
              }
            }
          },
        ),
        { seed, numRuns: 6, endOnFailure: true },
      );
    }),
);

Deno.test("the comparison finds data that a copy leaves out", () => {
  const disk = new Uint8Array(DISK_BYTES);
  disk[70 * MIB] = 1;
  assertThrows(() => assertComplete([], disk, 4096), Error, "data is missing");
  assertComplete([{ start: 70 * MIB, end: 70 * MIB + 4096 }], disk, 4096);
});

Deno.test("an error is the same with two threads, at the same place", () =>
  inTempDir(async (dir) => {
    const bytes = new Uint8Array(65_536).fill(1);
    const places = [0, 65 * MIB, 70 * MIB];
    makeQed(`${dir}/disk.qed`, places.map((offsetBytes) => ({ offsetBytes, bytes })));
    // The entry of the last one, in the only L2 table: header, L1 table, then it or its data.
    const file = fs.readFileSync(`${dir}/disk.qed`);
    const l2Bytes = Number(file.readBigUInt64LE(65_536));
    file.writeBigUInt64LE(3n, l2Bytes + 70 * MIB / 65_536 * 8);
    fs.writeFileSync(`${dir}/disk.qed`, file);
    for (const readsAhead of [false, true]) {
      const written: bigint[] = [];
      using source = ImageChain.open(`${dir}/disk.qed`);
      await assertRejects(
        () =>
          copyDisk(source, {
            unitBytes: 65_536,
            readsAhead,
            write: (offset) => void written.push(offset),
            onBlock: () => {},
          }),
        FormatError,
        "l2_table[0][1120]",
      );
      assertEquals(written, [0n, BigInt(65 * MIB)]);
    }
  }));

Deno.test("the other thread does not read a file that was replaced", () =>
  inTempDir(async (dir) => {
    const patch = (value: number): Patch[] => [
      { offsetBytes: 70 * MIB, bytes: new Uint8Array(4096).fill(value) },
    ];
    makeRaw(`${dir}/disk.raw`, patch(1));
    makeRaw(`${dir}/other.raw`, patch(2));
    using source = ImageChain.open(`${dir}/disk.raw`, { format: "raw" });
    fs.renameSync(`${dir}/other.raw`, `${dir}/disk.raw`);
    const values: number[] = [];
    await copyDisk(source, {
      unitBytes: 4096,
      readsAhead: true,
      write: (_, bytes) => void values.push(bytes[0]),
      onBlock: () => {},
    });
    assertEquals(values, [1]);
  }));

Deno.test("a reader stops at the given end, and continues from there", () =>
  inTempDir((dir) => {
    makeRaw(`${dir}/disk.raw`, [{ offsetBytes: 4096, bytes: new Uint8Array(20_000).fill(1) }]);
    using source = ImageChain.open(`${dir}/disk.raw`, { format: "raw" });
    using reader = new DiskReader(source, 4096);
    const into = new Uint8Array(DiskReader.minBytes(4096));
    const pieces: unknown[] = [];
    for (const endBytes of [8192n, 8192n, 16_384n, 1n << 20n]) {
      while (reader.doneBytes < endBytes) pieces.push(...reader.read(into, endBytes));
      assertEquals(reader.doneBytes, endBytes);
    }
    assertEquals(pieces, [
      { offset: 4096n, start: 0, end: 4096 },
      { offset: 8192n, start: 0, end: 8192 },
      { offset: 16_384n, start: 0, end: 8192 },
    ]);
  }));

Deno.test("blocks arrive as they were filled, and none after a failure", () => {
  const filler = new SharedBlocks(8192, 4096);
  const emptier = new SharedBlocks(8192, 4096, filler.memory);
  // More than there are slots; each is emptied before the next one is filled.
  for (let i = 0; i < 7; i++) {
    const pieces = Array.from({ length: i % 3 }, (_, run) => ({
      offset: 2n ** 62n + BigInt(i * 8192 + run * 4096),
      start: run * 4096,
      end: run * 4096 + 4096,
    }));
    filler.fill((bytes) => {
      bytes.fill(i);
      return { pieces, doneBytes: BigInt(i) };
    });
    const went = emptier.empty((block) => {
      assertEquals(block.pieces, pieces);
      assertEquals(block.doneBytes, BigInt(i));
      assertEquals(block.bytes, new Uint8Array(8192).fill(i));
    });
    assertEquals(went, true);
  }
  filler.fail();
  for (let i = 0; i < 2; i++) {
    assertEquals(emptier.empty(() => assert(false, "there is none")), false);
  }
});
