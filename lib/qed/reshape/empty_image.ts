import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { changeEntries } from "../image/change_entries.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED } from "../format/layout.ts";

/**
 * Drop every cluster of the image: the whole guest's disk then reads from the backing file, or as
 * zeroes without one, and the file is cut after the L1 table. To be used after a commit, when the
 * backing file durably holds the image's data.
 *
 * Order: clear the L1 entries, flush, cut the file, flush. Crash promise under `strict`: each
 * sector reads from the image or from the backing file, and from the backing file once this has
 * returned; no entry ever points past the end of the file, so NEED_CHECK is neither needed nor
 * changed.
 *
 * Waits for earlier requests. Throws {@linkcode ImageError} for an image that takes no writes, and
 * the storage's error for a failed request.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createImage, emptyImage, MemoryStorage, openImage, runSync, writeImage } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * runSync(writeImage(image, 0, new Uint8Array(2 ** 20)), files);
 * runSync(emptyImage(image), files);
 * assertEquals(files[0].sizeBytes < 2 ** 20, true);
 * ```
 */
export function* emptyImage(image: QedImage): Operation<void> {
  image.assertWritable();
  yield* image.withRangeLock(WHOLE_DISK, "change", image.withAllocationLock(dropAll(image)));
}

function* dropAll(image: QedImage): Operation<void> {
  image.assertWritable();
  const { l1, geometry: { tableEntries, tableBytes } } = image;
  const from = l1.nextUsed(0);
  yield* changeEntries(image, l1, { from, to: tableEntries }, { decide: () => UNALLOCATED });
  image.l2Cache.clear();
  image.free.clear();
  yield* image.flush("L1 entries before the file is cut");

  image.endBytes = Math.max(image.headerBytes, l1.offsetBytes + tableBytes);
  image.hasTornTail = false;
  yield* image.requestOrFail({
    kind: "resize",
    file: image.file,
    sizeBytes: image.endBytes,
    label: "dropped clusters",
  });
  yield* image.flush("dropped clusters");
}
