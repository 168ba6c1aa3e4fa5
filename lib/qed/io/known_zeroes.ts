import type { Operation } from "../../storage/request.ts";
import { sourceBytes } from "../image/backing.ts";
import { clustersFor } from "../format/geometry.ts";
import type { QedImage } from "../image/image.ts";
import { nextExtent } from "./extents.ts";

/**
 * Whether what `image` leaves to its backing file in a range of the guest's disk is zeroes for
 * certain: behind the end of the backing file, or by the tables of a QED image; data is not looked
 * at. A backing file that is not attached may hold anything.
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
 * The first cluster of the guest's disk from which on nothing of the backing file can be seen, if
 * nothing is mapped there. Infinity for a backing file that is not attached.
 */
export function endOfBacking(image: QedImage): number {
  if (!image.backing) return image.backingName === undefined ? 0 : Infinity;
  return clustersFor(image.geometry, sourceBytes(image.backing));
}
