import { assertEquals } from "@std/assert";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { runSync } from "../../storage/run_sync.ts";
import { createImage } from "../image/create.ts";
import type { QedImage } from "../image/image.ts";
import { openImage } from "../open.ts";
import { readImage } from "../io/read_image.ts";
import { writeImage } from "./write.ts";

const CLUSTER = 4096;

/** An image over a raw file, over nothing; or over a QED image over that raw file. */
function stack(options: { rawBytes: number; middleBytes?: number; topBytes: number }): {
  files: MemoryStorage[];
  top: QedImage;
} {
  const raw = new MemoryStorage(new Uint8Array(options.rawBytes).fill(0x11));
  const files = [raw];
  const add = (imageBytes: number): QedImage => {
    const file = files.push(new MemoryStorage()) - 1;
    const sizes = { clusterBytes: CLUSTER, tableClusters: 1, imageBytes };
    const backing = { name: "below", isRaw: file === 1 };
    runSync(createImage({ ...sizes, file, backing }), files);
    return runSync(openImage({ file, writable: true }), files);
  };
  const first = add(options.middleBytes ?? options.topBytes);
  first.backing = { kind: "raw", file: 0, sizeBytes: raw.sizeBytes };
  if (options.middleBytes === undefined) return { files, top: first };
  const top = add(options.topBytes);
  top.backing = { kind: "qed", image: first };
  return { files, top };
}

function read(image: QedImage, offset: number, length: number, files: MemoryStorage[]): number[] {
  const into = new Uint8Array(length).fill(0xff);
  runSync(readImage(image, offset, into), files);
  return [...into];
}

Deno.test("unallocated clusters are read from the backing file, and as zeroes past its end", () => {
  const { files, top } = stack({ rawBytes: 5001, topBytes: 3 * CLUSTER });
  assertEquals(read(top, 4999, 4, files), [0x11, 0x11, 0, 0]);
  assertEquals(read(top, 2 * CLUSTER, 2, files), [0, 0]);
  assertEquals(read(top, CLUSTER - 1, 2, files), [0x11, 0x11]);
});

Deno.test("a backing file longer than the image is cut", () => {
  const { files, top } = stack({ rawBytes: 9 * CLUSTER, topBytes: CLUSTER + 512 });
  assertEquals(read(top, CLUSTER + 510, 2, files), [0x11, 0x11]);
});

Deno.test("a partial write keeps what the backing file holds around it", () => {
  const { files, top } = stack({ rawBytes: CLUSTER + 10, topBytes: 3 * CLUSTER });
  runSync(writeImage(top, CLUSTER + 4, new Uint8Array([1, 2])), files);
  assertEquals(read(top, CLUSTER + 2, 10, files), [0x11, 0x11, 1, 2, 0x11, 0x11, 0x11, 0x11, 0, 0]);
  runSync(writeImage(top, CLUSTER - 1, new Uint8Array([3])), files);
  assertEquals(read(top, CLUSTER - 2, 4, files), [0x11, 3, 0x11, 0x11]);
  assertEquals(files[0].toBytes(), new Uint8Array(CLUSTER + 10).fill(0x11));
});

Deno.test("a chain is read down to the first image that holds the cluster", () => {
  const { files, top } = stack({
    rawBytes: 4 * CLUSTER,
    middleBytes: 2 * CLUSTER,
    topBytes: 4 * CLUSTER,
  });
  const middle = top.backing?.kind === "qed" ? top.backing.image : undefined;
  if (!middle) throw new Error("the stack has no middle");
  runSync(writeImage(middle, CLUSTER, new Uint8Array(CLUSTER).fill(0x22)), files);
  runSync(writeImage(top, CLUSTER + 1, new Uint8Array([0x33])), files);
  assertEquals(read(top, CLUSTER - 1, 4, files), [0x11, 0x22, 0x33, 0x22]);
  assertEquals(read(top, 2 * CLUSTER - 1, 2, files), [0x22, 0], "the middle image ends there");
  assertEquals(read(middle, CLUSTER + 1, 1, files), [0x22], "the backing image is unchanged");
});

Deno.test("a raw file that shrank after it was attached reads as zeroes there", () => {
  const { files, top } = stack({ rawBytes: 2 * CLUSTER, topBytes: 2 * CLUSTER });
  files[0].perform({ kind: "resize", file: 0, sizeBytes: 100, label: "shrunk" });
  assertEquals(read(top, 98, 4, files), [0x11, 0x11, 0, 0]);
});
