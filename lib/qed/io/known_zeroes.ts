import type { Operation } from "../../storage/request.ts";
import { sourceBytes } from "../image/backing.ts";
import { clustersFor } from "../format/geometry.ts";
import type { QedImage } from "../image/image.ts";
import { nextExtent } from "./extents.ts";

/**
 * Whether a range of the guest's disk that `image` reads from its backing file is known to be
 * zeroes: past the end of the backing file, or zeroes by the tables of a QED image. Data is not
 * read. A backing file that is not attached may hold anything.
 */
export function* backingIsKnownZero(
  image: QedImage,
  startBytes: bigint,
  lengthBytes: bigint,
): Operation<boolean> {
  const { backing } = image;
  const end = startBytes + lengthBytes;
  if (!backing) return image.backingName === undefined;
  if (startBytes >= sourceBytes(backing)) return true;
  if (backing.kind === "raw") return false;
  for (let at = startBytes; at < end;) {
    const extent = yield* nextExtent(backing.image, at);
    if (!extent) return true;
    if (extent.state === "data") return false;
    const length = extent.lengthBytes < end - at ? extent.lengthBytes : end - at;
    if (extent.state === "unallocated") {
      if (!(yield* backingIsKnownZero(backing.image, at, length))) return false;
    }
    at += length;
  }
  return true;
}

/**
 * The first cluster of the guest's disk after the end of the backing file. Infinity for a backing
 * file that is not attached.
 */
export function endOfBacking(image: QedImage): number {
  if (!image.backing) return image.backingName === undefined ? 0 : Infinity;
  return clustersFor(image.geometry, sourceBytes(image.backing));
}
