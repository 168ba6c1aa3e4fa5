import { changeBacking, nextExtent, populateImage, type QedImage } from "../qed/mod.ts";
import type { Operation } from "../storage/mod.ts";
import { pause } from "./pause.ts";
import type { LongOperationOptions } from "./rebase.ts";
import { SourceWalker } from "./source_walker.ts";

/** The size of one copy in bytes, unless a cluster is larger. */
const BLOCK_BYTES = 1 << 20;

/**
 * Copy all data of the backing files into an image, then remove its backing file: "live conversion
 * by streaming" (Liguori, 9 September 2010 12:49). Guests may read and write meanwhile. Ranges
 * known to be zero are not copied. An image without backing file does not change.
 *
 * Order: all copies, flush, header. Crash promise: at any point the image opens, with or without
 * its backing file, and the guest reads the same data; copies made so far stay.
 *
 * Throws the storage's error for a failed request; the image then has its backing file.
 */
export function* streamImage(
  image: QedImage,
  options: LongOperationOptions = {},
): Operation<void> {
  image.assertWritable();
  if (image.backingName === undefined) return;
  const walker = new SourceWalker(image.backing, { holes: options.holes });
  const blockBytes = BigInt(Math.max(BLOCK_BYTES, image.geometry.clusterBytes));
  for (let at = 0n; at < image.imageBytes;) {
    const own = yield* nextExtent(image, at);
    if (!own) break;
    const end = at + own.lengthBytes;
    if (own.state !== "unallocated") at = end;
    while (at < end) {
      const { state, lengthBytes } = yield* walker.next(at);
      const isZero = state === "zero";
      const length = min(end - at, isZero ? lengthBytes : min(lengthBytes, blockBytes));
      if (!isZero) yield* populateImage(image, at, length, { leavesZeroes: true });
      at += length;
      options.onProgress?.(at, image.imageBytes);
      yield* pause();
    }
  }
  yield* changeBacking(image, undefined);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
