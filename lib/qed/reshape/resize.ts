import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { ImageError } from "../format/format_error.ts";
import { type Geometry, maxImageBytes } from "../format/geometry.ts";
import { growImage } from "./grow.ts";
import { imageSizeRule } from "../format/header.ts";
import type { QedImage } from "../image/image.ts";
import { MAX_IMAGE_BYTES } from "../format/layout.ts";
import { shrinkImage } from "./shrink.ts";

/** Options of {@linkcode resizeImage}. */
export interface ResizeOptions {
  /** Allow a smaller size; by default shrinking is an error. */
  readonly shrink?: boolean;
}

/**
 * Change the size of the guest's disk, in bytes: a multiple of 512, in the rfc layout of the
 * cluster size. Waits for earlier requests; later ones see the new size.
 *
 * Growing: the space added reads as zeroes, and shows neither data of a longer backing file, nor
 * bytes of the last cluster past the old end, nor clusters of a disk that was larger before. All of
 * this is corrected on disk and flushed before the header is written and flushed. Crash promise:
 * the disk has its old or its new size, its old contents followed by zeroes in either case, and
 * certainly the new size once this has returned.
 *
 * Shrinking loses the data past the new end, so it is an error unless `shrink` is set, and even
 * then if a cluster of the image holds anything but zeroes there. Data of the backing file is not
 * in the image and does not count; growing again shows zeroes. Order: header, flush, clear the
 * entries past the new end, flush. Crash promise: the disk has its old or its new size, and the
 * same contents up to its end. The clusters of the cleared entries are reused, or cut off when the
 * image is closed if they end the file; the others are leaked, and repairing leaks or defragmenting
 * reclaims them.
 *
 * Throws {@linkcode ImageError} for an invalid size (naming the largest possible size if it is
 * exceeded), for data that would be lost (naming its first byte), if the rfc layout, which has no
 * zero clusters, cannot hide a longer backing file, and for a backing file that is not attached.
 * The guest's disk has not changed then.
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
          "shrinking was not requested",
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
    ? `must be at most ${largest}, the size that an L1 table of ${geometry.tableEntries} entries maps`
    : imageSizeRule(newBytes, geometry, header.layout);
  if (rule) throw new ImageError(`invalid image size ${newBytes}: ${rule}`);
}
