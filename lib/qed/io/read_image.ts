import type { Operation } from "../../storage/request.ts";
import type { QedImage } from "../image/image.ts";
import { populateImage } from "./populate.ts";
import { readRange } from "./read.ts";

/**
 * Fill `into` with the guest's bytes from `offset` on: any range, across clusters and tables.
 * Writes nothing, unless the image copies on read ({@linkcode QedImage.copiesOnRead}): then clusters
 * that come from the backing file are copied first, as by `populateImage`. Waits for earlier writes
 * to the range. Throws {@linkcode ImageError} for a range outside the image and
 * {@linkcode FormatError} for an invalid table entry of the range.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, readImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * const into = new Uint8Array(3).fill(9);
 * runSync(readImage(image, 1000, into), files);
 * assertEquals(into, new Uint8Array(3));
 * ```
 */
export function readImage(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  const copies = image.copiesOnRead && image.writable && !image.failure && into.length > 0;
  return copies ? readCopying(image, offset, into) : readRange(image, offset, into);
}

function* readCopying(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  yield* populateImage(image, offset, into.length);
  yield* readRange(image, offset, into);
}
