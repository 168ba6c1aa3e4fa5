import { assertEquals, assertThrows } from "@std/assert";
import { discardImage } from "./discard.ts";
import { ImageError } from "../format/format_error.ts";
import { openImage } from "../open.ts";
import { CLUSTER, PER_TABLE, SmallImage } from "./unmapping_testing.ts";

function backing(length: number): Uint8Array {
  return new Uint8Array(length).fill(0xbb);
}

Deno.test("whole clusters are freed, parts of others are left", () => {
  const small = new SmallImage();
  small.write(0, 4 * CLUSTER);
  assertEquals(small.labels(discardImage(small.image, 512, 3 * CLUSTER)), ["l2-table"]);
  assertEquals(small.extents(), [[0, 1, "data"], [3, 1, "data"]]);
  assertEquals([512, CLUSTER, 3 * CLUSTER].map((at) => small.byteAt(at)), [1, 0, 1]);
});

Deno.test("a part frees its cluster when the rest reads as zeroes", () => {
  const small = new SmallImage();
  small.write(512, 512);
  assertEquals(small.labels(discardImage(small.image, 512, 256)), []);
  assertEquals(small.byteAt(512), 1, "unchanged");
  assertEquals(small.labels(discardImage(small.image, 500, 600)), ["l2-table"]);
  assertEquals(small.extents(), []);
});

Deno.test("with a backing file freed clusters are hidden, and unallocated ones stay visible", () => {
  const small = new SmallImage({ backing: backing(4 * PER_TABLE) });
  small.write(CLUSTER, CLUSTER);
  assertEquals(small.labels(discardImage(small.image, 0, 4 * PER_TABLE)), ["l2-table"]);
  assertEquals(small.extents(), [[1, 1, "zero"]]);
  assertEquals([0, CLUSTER, 2 * CLUSTER].map((at) => small.byteAt(at)), [0xbb, 0, 0xbb]);
});

Deno.test("the rfc layout cannot hide a backing file: nothing changes", () => {
  const small = new SmallImage({ layout: "rfc", backing: backing(CLUSTER) });
  small.write(0, 2 * CLUSTER);
  assertEquals(small.labels(discardImage(small.image, 0, 4 * PER_TABLE)), []);
  const alone = new SmallImage({ layout: "rfc" });
  alone.write(0, 2 * CLUSTER);
  assertEquals(alone.labels(discardImage(alone.image, 0, 4 * PER_TABLE)), ["l2-table"]);
});

Deno.test("discarding unallocated clusters writes nothing", () => {
  const small = new SmallImage();
  assertEquals(small.labels(discardImage(small.image, 0, 4 * PER_TABLE)), []);
  small.write(0, CLUSTER);
  small.run(discardImage(small.image, 0, CLUSTER));
  assertEquals(small.labels(discardImage(small.image, 0, 4 * PER_TABLE)), []);
});

Deno.test("a discard outside the image, or of an image that takes no writes, is refused", () => {
  const small = new SmallImage({ imageBytes: CLUSTER });
  assertThrows(
    () => small.run(discardImage(small.image, 512, CLUSTER)),
    ImageError,
    `${CLUSTER} bytes at 512 are outside the image of ${CLUSTER} bytes`,
  );
  const readOnly = small.run(openImage());
  assertThrows(() => small.run(discardImage(readOnly, 0, 1)), ImageError, "read-only");
});
