import type { Operation } from "../../storage/request.ts";
import { WHOLE_DISK } from "../../storage/range_lock.ts";
import { changeEntries } from "../image/change_entries.ts";
import type { QedImage } from "../image/image.ts";
import { UNALLOCATED } from "../format/layout.ts";

/**
 * Drop every cluster of the image: all of the guest's disk is left to the backing file, or reads
 * as zeroes without one, and the file is cut behind the L1 table. After a commit, that is, when the
 * backing file durably holds what the image holds.
 *
 * Order: clear the L1 entries, flush, cut the file, flush. Crash promise under `strict`: each
 * sector holds what the image or what the backing file holds there, and as of the return of this
 * the latter; no entry ever points behind the end of the file, so NEED_CHECK is neither needed nor
 * touched.
 *
 * Requests that came before are finished first. Throws {@linkcode ImageError} for an image that
 * takes no writes, and the storage's error where a request fails.
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
