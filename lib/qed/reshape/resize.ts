import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { ImageError } from "../format/format_error.ts";
import { type Geometry, maxImageBytes } from "../format/geometry.ts";
import { growImage } from "./grow.ts";
import { imageSizeRule } from "../format/header.ts";
import type { QedImage } from "../image/image.ts";
import { MAX_IMAGE_BYTES } from "../format/layout.ts";
import { shrinkImage } from "./shrink.ts";

/** How to change an image's size. */
export interface ResizeOptions {
  /** Allow a smaller size; without it, a call that would shrink the image is refused. */
  readonly shrink?: boolean;
}

/**
 * Give the guest's disk another size, in bytes: a multiple of 512, in the rfc layout of the cluster
 * size. Requests that came before are finished first; what comes later sees the new size.
 *
 * Growing. What is added reads as zeroes: not as what a longer backing file holds there, not as
 * what the last cluster held behind the old end, not as clusters that a larger disk left behind. All
 * of that is put right on disk, and flushed, before the header that shows it is written; then comes
 * another flush. Crash promise: the disk has its old size or its new one, its old contents in both
 * cases and zeroes behind them, and the new one for certain once this has returned.
 *
 * Shrinking loses what is behind the new end, so it is refused unless `shrink` is set, and even then
 * where a cluster in the image holds anything but zeroes there. What the backing file holds there is
 * not in the image and does not count; growing again shows zeroes. The header comes first, then a
 * flush, then the entries behind the new end are cleared, then another flush. Crash promise: the
 * disk has its old size or its new one, and the same contents as far as it goes. The clusters of
 * those entries are used again in this session, or cut off at its end where they end the file; what
 * is left of them is leaked, and repairing leaks or defragmenting gives it back.
 *
 * Throws {@linkcode ImageError} for a size that breaks a rule (naming the largest possible size if
 * that is the rule), for data that would be lost (naming the first byte of it), where the rfc
 * layout, which has no zero clusters, can't hide a longer backing file, and for a backing file that
 * is not attached. Nothing that the guest sees has changed then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, resizeImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(resizeImage(image, 2 ** 31), files);
 * assertEquals(image.imageBytes, 2n ** 31n);
 * ```
 */
export function* resizeImage(
  image: QedImage,
  imageBytes: number | bigint,
  options: ResizeOptions = {},
): Operation<void> {
  image.assertWritable();
  const newBytes = BigInt(imageBytes);
  refuseBadSize(image, newBytes);
  yield* image.withRangeLock(
    WHOLE_DISK,
    "change",
    image.withAllocationLock(resizeHeld(image, newBytes, options)),
  );
}

function* resizeHeld(
  image: QedImage,
  newBytes: bigint,
  options: ResizeOptions,
): Operation<void> {
  image.assertWritable();
  if (newBytes > image.imageBytes) {
    yield* growImage(image, newBytes);
  } else if (newBytes < image.imageBytes) {
    if (!options.shrink) {
      throw new ImageError(
        `cannot shrink the image from ${image.imageBytes} to ${newBytes} bytes: ` +
          "shrinking was not asked for",
      );
    }
    yield* shrinkImage(image, newBytes);
  }
}

/** The largest size in bytes that an image of this geometry can have. */
export function largestImageBytes(geometry: Geometry): bigint {
  const mapped = maxImageBytes(geometry);
  return mapped < MAX_IMAGE_BYTES ? mapped : MAX_IMAGE_BYTES;
}

function refuseBadSize({ geometry, header }: QedImage, newBytes: bigint): void {
  const largest = largestImageBytes(geometry);
  const rule = newBytes < 0n
    ? "must not be negative"
    : newBytes > largest
    ? `must be at most ${largest}, what an L1 table of ${geometry.tableEntries} entries maps`
    : imageSizeRule(newBytes, geometry, header.layout);
  if (rule) throw new ImageError(`invalid image size ${newBytes}: ${rule}`);
}
