import { assertEquals, assertThrows } from "@std/assert";
import { type ImageBuilder, smallImage } from "../format/image_builder.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { runSync } from "../../storage/run_sync.ts";
import { createImage } from "../image/create.ts";
import { FormatError } from "../format/format_error.ts";
import { type Extent, nextExtent } from "./extents.ts";
import { openImage } from "../open.ts";

function extents(builder: ImageBuilder, startBytes = 0n): Extent[] {
  const files = [new MemoryStorage(builder.toBytes())];
  const image = runSync(openImage(), files);
  const all: Extent[] = [];
  for (let at = startBytes;;) {
    const extent = runSync(nextExtent(image, at), files);
    if (!extent) return all;
    all.push(extent);
    at = extent.startBytes + extent.lengthBytes;
  }
}

const LENGTH = 40n * 4096n + 512n;

Deno.test("extents are as long as clusters have the same state and are adjacent", () => {
  const { builder, l2Bytes, dataBytes } = smallImage({ image_size: LENGTH });
  const [first, , third] = dataBytes;
  builder.setEntry(l2Bytes, 5, 1).setEntry(l2Bytes, 6, 1);
  builder.addClusters(1);
  builder.addData(l2Bytes, 7);
  assertEquals(extents(builder), [
    { startBytes: 0n, lengthBytes: 12288n, state: "data", hostBytes: first },
    { startBytes: 12288n, lengthBytes: 8192n, state: "unallocated" },
    { startBytes: 20480n, lengthBytes: 8192n, state: "zero" },
    { startBytes: 28672n, lengthBytes: 4096n, state: "data", hostBytes: third + 8192 },
    { startBytes: 32768n, lengthBytes: LENGTH - 32768n, state: "unallocated" },
  ]);
});

Deno.test("an extent may start and end inside a cluster", () => {
  const { builder, dataBytes } = smallImage({ image_size: 8704n });
  assertEquals(extents(builder, 4097n), [
    { startBytes: 4097n, lengthBytes: 4607n, state: "data", hostBytes: dataBytes[1] + 1 },
  ]);
  assertEquals(extents(builder, 8704n), []);
});

Deno.test("extents go on across L2 tables", () => {
  const { builder, l2Bytes } = smallImage({ image_size: 1n << 23n });
  const second = builder.addL2Table(1);
  const last = builder.addData(l2Bytes, 1023);
  builder.addData(second, 0);
  const data = extents(builder).filter(({ state }) => state === "data");
  assertEquals(data[1], {
    startBytes: 1023n * 4096n,
    lengthBytes: 8192n,
    state: "data",
    hostBytes: last,
  });
});

Deno.test("data on both sides of a table's end is two extents where it is apart in the file", () => {
  const { builder, l2Bytes } = smallImage({ image_size: 1n << 23n });
  const last = builder.addData(l2Bytes, 1023);
  const first = builder.addData(builder.addL2Table(1), 0);
  const data = extents(builder).filter(({ state }) => state === "data");
  assertEquals(data.slice(1).map(({ hostBytes }) => hostBytes), [last, first]);
});

Deno.test("an exabyte of nothing is one extent, found quickly", () => {
  const files = [new MemoryStorage()];
  const sizes = { clusterBytes: 2 ** 20, tableClusters: 16, imageBytes: 2n ** 60n };
  runSync(createImage(sizes), files);
  const image = runSync(openImage(), files);
  assertEquals(runSync(nextExtent(image, 0n), files), {
    startBytes: 0n,
    lengthBytes: 2n ** 60n,
    state: "unallocated",
  });
  assertEquals(runSync(nextExtent(image, 2n ** 60n - 1n), files)?.lengthBytes, 1n);
});

Deno.test("an invalid entry ends the extents with its name, after the valid ones", () => {
  const { builder, l2Bytes, dataBytes } = smallImage({ image_size: LENGTH });
  builder.setEntry(l2Bytes, 3, dataBytes[2] + 4096);
  const error = assertThrows(() => extents(builder), FormatError);
  assertEquals(error.field, "l2_table[0][3]");
});
