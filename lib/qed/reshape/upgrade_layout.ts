import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { scanTables } from "../check/check.ts";
import type { QedImage } from "../image/image.ts";
import { FEATURE, RFC_COMPAT_BACKING_FORMAT } from "../format/layout.ts";
import { assertSound } from "../check/reachability.ts";
import { TableWalk } from "../check/table_walk.ts";

/**
 * Turn an image of the rfc layout into one of the final layout, in place, so that QEMU opens it:
 * the header's first sector is written anew, nothing else. The tables are the same in both layouts
 * but for entry 1, which is invalid in rfc and a zero cluster in final; so the tables are checked
 * first. A backing format "raw" becomes feature bit 4 (do not probe); any other is dropped, since
 * the final layout has no place for it and probing finds it.
 *
 * Order: check, flush, the one header write, flush. Crash promise: the image is of one layout or
 * the other with the same contents, and of the final one for certain once this has returned.
 *
 * Requests that came before are finished first. An image that is of the final layout already is
 * left alone. Throws `FormatError` for the first bad table entry, the storage's error for
 * a table that can't be read, and `ImageError` for an image that takes no writes; nothing
 * has been written then.
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

/** What is invalid now must not come to mean something. */
function* refuseDamaged(image: QedImage): Operation<void> {
  const walk = new TableWalk(image, { clears: false });
  yield* scanTables(walk);
  assertSound(walk);
}
