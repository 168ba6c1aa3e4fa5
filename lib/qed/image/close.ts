import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { cutFreeEnd } from "./take_clusters.ts";
import type { QedImage } from "./image.ts";
import { FEATURE } from "../format/layout.ts";

/**
 * Make every write acknowledged so far durable. When this returns, a crash loses none of them.
 * Throws the storage's error if the flush fails; the image then takes no more writes, since what
 * the flush covered may be gone.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, flushImage, MemoryStorage, openImage, runSync, writeImage } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(writeImage(image, 0, new Uint8Array([1])), files);
 * runSync(flushImage(image), files); // a crash loses nothing of it any more
 * assertEquals(image.needsCheck, true, "but the next opening has to check the image");
 * ```
 */
export function* flushImage(image: QedImage): Operation<void> {
  image.assertWritable();
  yield* image.flush("guest");
}

/**
 * Close an image: flush, then clear NEED_CHECK, then flush again, so that the mark is gone only
 * when all it protects is on disk. After a failed write or flush NEED_CHECK stays, for the next
 * opening to act on. Requests that came before it are finished first. The image must not be used
 * afterwards.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { closeImage, createImage, MemoryStorage, openImage, runSync, writeImage } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(writeImage(image, 0, new Uint8Array([1])), files);
 * runSync(closeImage(image), files);
 * assertEquals(runSync(openImage(), files).needsCheck, false);
 * ```
 */
export function* closeImage(image: QedImage): Operation<void> {
  yield* image.withRangeLock(WHOLE_DISK, "change", image.withAllocationLock(settle(image)));
}

/** Make everything durable, and say so in the header. */
function* settle(image: QedImage): Operation<void> {
  if (!image.writable || image.failure) return;
  yield* image.flush("before clearing NEED_CHECK");
  if (image.isUnchecked) return;
  const cutClusters = yield* cutFreeEnd(image);
  if (image.needsCheck) yield* clearNeedCheck(image);
  else if (cutClusters > 0) yield* image.flush("freed clusters cut off");
}

/**
 * What an idle image is due: make everything durable and clear NEED_CHECK, so that a crash from
 * here on needs no check (QEMU does it after 5 seconds without allocation). Reads and in-place
 * writes go on meanwhile; the next allocation sets the mark again.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, runSync, settleImage, writeImage } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(writeImage(image, 0, new Uint8Array([1])), files);
 * runSync(settleImage(image), files);
 * assertEquals(image.needsCheck, false);
 * runSync(writeImage(image, 0, new Uint8Array([2])), files); // it goes on
 * ```
 */
export function* settleImage(image: QedImage): Operation<void> {
  yield* image.withAllocationLock(settle(image));
}

/** Clear NEED_CHECK on disk; all it protects must be durable already. */
export function* clearNeedCheck(image: QedImage): Operation<void> {
  yield* image.updateHeader({ features: image.header.features & ~FEATURE.NEED_CHECK });
  if (image.profile.flushesAfterClearing) yield* image.flush("NEED_CHECK cleared");
}
