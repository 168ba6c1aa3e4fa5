import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { scanTables } from "../check/check.ts";
import type { QedImage } from "../image/image.ts";
import { FEATURE, RFC_COMPAT_BACKING_FORMAT } from "../format/layout.ts";
import { assertSound } from "../check/reachability.ts";
import { TableWalk } from "../check/table_walk.ts";

/**
 * Convert an image from the rfc layout to the final layout in place, so that QEMU opens it: only
 * the first sector of the header is rewritten. The tables are the same in both layouts except for
 * entry 1, which is invalid in rfc and a zero cluster in final, so the tables are checked first. A
 * backing format "raw" becomes feature bit 4 (do not probe); any other format is dropped, since the
 * final layout cannot store it and probing finds it.
 *
 * Order: check, flush, one write of the header, flush. Crash promise: the image has one layout or
 * the other with the same contents, and certainly the final one once this has returned.
 *
 * Waits for earlier requests. An image in the final layout does not change. Throws `FormatError`
 * for the first bad table entry, the storage's error for an unreadable table, and `ImageError` for
 * an image that takes no writes; nothing has been written then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, MemoryStorage, openImage, runSync, upgradeLayout } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30, layout: "rfc" }), files);
 * const image = runSync(openImage({ writable: true, layout: "rfc" }), files);
 * runSync(upgradeLayout(image), files);
 * assertEquals(runSync(openImage(), files).header.layout, "final");
 * ```
 */
export function* upgradeLayout(image: QedImage): Operation<void> {
  image.assertWritable();
  yield* image.withRangeLock(WHOLE_DISK, "change", image.withAllocationLock(upgrade(image)));
}

function* upgrade(image: QedImage): Operation<void> {
  image.assertWritable();
  if (image.header.layout === "final") return;
  yield* refuseDamaged(image);
  const { backingFormat: _format, ...header } = image.header;
  yield* image.flush("before the layout changes");
  yield* image.replaceHeader({
    ...header,
    layout: "final",
    features: header.features | (image.backingIsRaw ? FEATURE.BACKING_FORMAT_NO_PROBE : 0n),
    compatFeatures: header.compatFeatures & ~RFC_COMPAT_BACKING_FORMAT,
    autoclearFeatures: 0n,
  });
  yield* image.flush("layout changed");
}

/**
 * Throw for a damaged image: an entry that is invalid in the old layout may be valid in the new
 * one.
 */
function* refuseDamaged(image: QedImage): Operation<void> {
  const walk = new TableWalk(image, { clears: false });
  yield* scanTables(walk);
  assertSound(walk);
}
