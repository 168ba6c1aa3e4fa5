import { assertEquals, assertThrows } from "@std/assert";
import { RecordingStorage } from "../../../test_support/recording.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { runSync } from "../../storage/run_sync.ts";
import { createImage, type CreateOptions } from "./create.ts";
import { FormatError, ImageError } from "../format/format_error.ts";
import { openImage } from "../open.ts";

const SMALL = { imageBytes: 2 ** 20, clusterBytes: 4096, tableClusters: 2 };

Deno.test("a new image is a header cluster and an L1 table of zeroes", () => {
  const file = new MemoryStorage(new Uint8Array(10000).fill(0xee));
  runSync(createImage(SMALL), [file]);
  const bytes = file.toBytes();
  assertEquals(bytes.length, 3 * 4096);
  assertEquals(bytes.subarray(64).every((byte) => byte === 0), true);
  const image = runSync(openImage(), [file]);
  assertEquals(image.header.l1TableOffsetBytes, 4096);
  assertEquals(
    [image.imageBytes, image.header.features, image.backingName],
    [2n ** 20n, 0n, undefined],
  );
});

Deno.test("the defaults are clusters of 64 KiB and tables of 4", () => {
  const file = new MemoryStorage();
  runSync(createImage({ imageBytes: 2n ** 40n }), [file]);
  const { geometry } = runSync(openImage(), [file]);
  assertEquals([geometry.clusterBytes, geometry.tableClusters], [65536, 4]);
  assertEquals(file.sizeBytes, 327680);
});

Deno.test("a backing file is stored by name, and whether it is raw", () => {
  for (const isRaw of [true, false]) {
    const file = new MemoryStorage();
    runSync(createImage({ ...SMALL, backing: { name: "bäse file", isRaw } }), [file]);
    const image = runSync(openImage(), [file]);
    assertEquals([image.backingName, image.backingIsRaw], ["bäse file", isRaw]);
    assertEquals(image.header.features, isRaw ? 5n : 1n);
  }
});

const REFUSED: [Partial<CreateOptions>, string][] = [
  [{ clusterBytes: 2048 }, "invalid cluster size 2048: must be a power of two from 4096"],
  [{ clusterBytes: 2 ** 27 }, "invalid cluster size"],
  [{ clusterBytes: 4097 }, "invalid cluster size"],
  [{ clusterBytes: NaN }, "invalid cluster size"],
  [{ tableClusters: 0 }, "invalid table size 0: must be a power of two from 1 to 16"],
  [{ tableClusters: 32 }, "invalid table size"],
  [{ tableClusters: 1.5 }, "invalid table size"],
  [{ imageBytes: 511 }, "invalid image size 511: must be a multiple of 512"],
  [{ imageBytes: -512 }, "invalid image size -512: must not be negative"],
  [{ imageBytes: 2n ** 32n + 512n }, "must be at most 4294967296"],
  [{ backing: { name: "", isRaw: true } }, "invalid backing file name"],
  [{ backing: { name: "n".repeat(1024), isRaw: true } }, "invalid backing file name"],
  [{ backing: { name: "a\0b", isRaw: true } }, "invalid backing file name"],
];

for (const [options, message] of REFUSED) {
  Deno.test(
    `creation is refused before anything is written: ${message} (${Object.keys(options)} ${
      String(Object.values(options).map(String)).slice(0, 20)
    })`,
    () => {
      const file = new MemoryStorage(new Uint8Array(7));
      assertThrows(
        () => runSync(createImage({ ...SMALL, ...options }), [file]),
        ImageError,
        message,
      );
      assertEquals(file.toBytes(), new Uint8Array(7));
    },
  );
}

Deno.test("sizes up to the limit of the tables are possible, also zero", () => {
  for (const imageBytes of [0, 512, 2 ** 32]) {
    const file = new MemoryStorage();
    runSync(createImage({ ...SMALL, imageBytes }), [file]);
    assertEquals(runSync(openImage(), [file]).imageBytes, BigInt(imageBytes));
  }
});

Deno.test("the header goes last and after a flush: half an image is not one", () => {
  const storage = new RecordingStorage();
  storage.run(createImage(SMALL));
  assertEquals(storage.labels, ["new image", "new image", "flush", "header", "flush"]);
  storage.memory.perform({ kind: "resize", file: 0, sizeBytes: 0, label: "" });
  storage.fault = (request) => request.kind === "write" ? "EIO" : undefined;
  assertThrows(() => storage.run(createImage(SMALL)));
  assertThrows(() => storage.run(openImage()), FormatError, "magic");
});
