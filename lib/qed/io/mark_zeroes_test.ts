import { assertEquals, assertThrows } from "@std/assert";
import { MemoryStorage, runSync } from "../../storage/mod.ts";
import { checkImage } from "../check/check.ts";
import { closeImage } from "../image/close.ts";
import { createImage } from "../image/create.ts";
import { ImageError } from "../format/format_error.ts";
import { nextExtent } from "./extents.ts";
import { markZeroes } from "./mark_zeroes.ts";
import { openImage } from "../open.ts";
import { readImage } from "./read_image.ts";
import { writeImage } from "./write.ts";

const CLUSTER = 4096;
/** What an L2 table of one cluster maps. */
const PER_TABLE = 512 * CLUSTER;
const IMAGE_BYTES = 2 * PER_TABLE + 3 * CLUSTER + 512;

function newImage(layout: "final" | "rfc" = "final", imageBytes = IMAGE_BYTES) {
  const files = [new MemoryStorage()];
  runSync(createImage({ imageBytes, clusterBytes: CLUSTER, tableClusters: 1, layout }), files);
  return { files, image: runSync(openImage({ writable: true, layout }), files) };
}

Deno.test("unallocated clusters become zero clusters, with a table where there was none", () => {
  const { files, image } = newImage();
  runSync(writeImage(image, CLUSTER, new Uint8Array(CLUSTER).fill(1)), files);
  runSync(markZeroes(image, 0, IMAGE_BYTES), files);
  const states: [string, number][] = [];
  for (let at = 0n;;) {
    const extent = runSync(nextExtent(image, at), files);
    if (!extent) break;
    states.push([extent.state, Number(extent.lengthBytes)]);
    at += extent.lengthBytes;
  }
  assertEquals(states, [["zero", CLUSTER], ["data", CLUSTER], ["zero", IMAGE_BYTES - 2 * CLUSTER]]);
  const bytes = new Uint8Array(IMAGE_BYTES);
  runSync(readImage(image, 0, bytes), files);
  assertEquals(bytes, new Uint8Array(IMAGE_BYTES).fill(1, CLUSTER, 2 * CLUSTER));
  runSync(closeImage(image), files);
  const again = runSync(openImage(), files);
  const { corruptions, leaks } = runSync(checkImage(again), files);
  assertEquals([again.needsCheck, corruptions, leaks], [false, 0, 0]);
});

Deno.test("a range that is not whole clusters, or a layout without zero clusters, is refused", () => {
  const { files, image } = newImage();
  const before = files[0].toBytes();
  for (const [offset, length] of [[512, CLUSTER], [0, 512], [CLUSTER, 2 * CLUSTER - 1]]) {
    assertThrows(() => runSync(markZeroes(image, offset, length), files), ImageError, "whole");
  }
  assertThrows(() => runSync(markZeroes(image, 0, IMAGE_BYTES + 1), files), ImageError, "outside");
  assertEquals(files[0].toBytes(), before);
  const old = newImage("rfc", PER_TABLE);
  assertThrows(
    () => runSync(markZeroes(old.image, 0, CLUSTER), old.files),
    ImageError,
    "no zero clusters",
  );
});
