import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { cutFreeEnd } from "./take_clusters.ts";
import type { QedImage } from "./image.ts";
import { FEATURE } from "../format/layout.ts";

/**
 * Make every write acknowledged so far durable: when this returns, a crash loses none of them.
 * Throws the storage's error if the flush fails; the image then takes no more writes, since the
 * writes that the flush covered may be lost.
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
 * runSync(flushImage(image), files); // a crash cannot lose it now
 * assertEquals(image.needsCheck, true, "but the image needs a check when it is opened");
 * ```
 */
export function* flushImage(image: QedImage): Operation<void> {
  image.assertWritable();
  yield* image.flush("guest");
}

/**
 * Close an image: flush, clear NEED_CHECK, flush again, so that the bit is cleared only when
 * everything that it protects is durable. After a failed write or flush NEED_CHECK stays, and the
 * next opening repairs the image. Waits for earlier requests. The image must not be used
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

/** Make everything durable, then clear NEED_CHECK. */
function* settle(image: QedImage): Operation<void> {
  if (!image.writable || image.failure) return;
  yield* image.flush("before clearing NEED_CHECK");
  if (image.isUnchecked) return;
  const cutClusters = yield* cutFreeEnd(image);
  if (image.needsCheck) yield* clearNeedCheck(image);
  else if (cutClusters > 0) yield* image.flush("freed clusters cut off");
}

/**
 * Make everything durable and clear NEED_CHECK while the image is idle, so that a later crash needs
 * no check (QEMU does so after 5 seconds without allocation). Reads and in-place writes continue
 * meanwhile; the next allocation sets the bit again.
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
 * runSync(writeImage(image, 0, new Uint8Array([2])), files); // the image stays open
 * ```
 */
export function* settleImage(image: QedImage): Operation<void> {
  yield* image.withAllocationLock(settle(image));
}

/** Clear NEED_CHECK on disk; everything that it protects must be durable. */
export function* clearNeedCheck(image: QedImage): Operation<void> {
  yield* image.updateHeader({ features: image.header.features & ~FEATURE.NEED_CHECK });
  if (image.profile.flushesAfterClearing) yield* image.flush("NEED_CHECK cleared");
}
