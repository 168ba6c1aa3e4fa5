import { changeBacking, nextExtent, populateImage, type QedImage } from "../qed/mod.ts";
import type { Operation } from "../storage/mod.ts";
import { pause } from "./pause.ts";
import type { LongOperationOptions } from "./rebase.ts";
import { SourceWalker } from "./source_walker.ts";

/** What is copied at a time, in bytes, unless a cluster is larger. */
const BLOCK_BYTES = 1 << 20;

/**
 * Copy all that the backing files of an image hold into it, and then do without them: "live
 * conversion by streaming" (Liguori, 9 September 2010 12:49). Guests may read and write meanwhile;
 * what is known to be zero behind the image is not copied. An image without backing file is left
 * as it is.
 *
 * Order: all copies, flush, then the header. Crash promise: at any point the image opens, with its
 * backing file or without, and its guest reads the same; what was copied stays copied.
 *
 * Throws the storage's error where a request fails; the image has its backing file then.
 */
export function* streamImage(
  image: QedImage,
  options: LongOperationOptions = {},
): Operation<void> {
  image.assertWritable();
  if (image.backingName === undefined) return;
  const behind = new SourceWalker(image.backing, { holes: options.holes });
  const blockBytes = BigInt(Math.max(BLOCK_BYTES, image.geometry.clusterBytes));
  for (let at = 0n; at < image.imageBytes;) {
    const own = yield* nextExtent(image, at);
    if (!own) break;
    const end = at + own.lengthBytes;
    if (own.state !== "unallocated") at = end;
    while (at < end) {
      const { state, lengthBytes } = yield* behind.next(at);
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
