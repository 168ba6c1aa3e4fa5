import type { Operation } from "../storage/request.ts";
import type { QedImage } from "./image.ts";
import { FEATURE } from "./layout.ts";

/**
 * Make every write acknowledged so far durable. When this returns, a crash loses none of them.
 * Throws the storage's error if the flush fails; the image then takes no more writes, since what
 * the flush covered may be gone.
 */
export function* flushImage(image: QedImage): Operation<void> {
  image.assertWritable();
  yield* image.flush("guest");
}

/**
 * Close an image: flush, then clear NEED_CHECK, then flush again, so that the mark is gone only
 * when all it protects is on disk. After a failed write or flush NEED_CHECK stays, for the next
 * opening to act on. The image must not be used afterwards.
 */
export function* closeImage(image: QedImage): Operation<void> {
  if (!image.writable || image.failure) return;
  yield* image.flush("before clearing NEED_CHECK");
  if (!image.needsCheck) return;
  yield* clearNeedCheck(image);
}

/** Clear NEED_CHECK on disk; all it protects must be durable already. */
export function* clearNeedCheck(image: QedImage): Operation<void> {
  yield* image.updateHeader({ features: image.header.features & ~FEATURE.NEED_CHECK });
  if (image.profile.flushesAfterClearing) yield* image.flush("NEED_CHECK cleared");
}
