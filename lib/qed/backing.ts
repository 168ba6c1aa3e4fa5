import type { FileSlot, Operation } from "../storage/request.ts";
import { ImageError } from "./format_error.ts";
import type { QedImage } from "./image.ts";
import { readImage } from "./read.ts";

/** Where an image reads what it does not hold itself. */
export type BackingSource =
  | { readonly kind: "raw"; readonly file: FileSlot; readonly sizeBytes: number }
  | { readonly kind: "qed"; readonly image: QedImage };

/**
 * Fill `into` from the backing file of `image`, from guest offset `offset` on; past the end of the
 * backing file, or without one, with zeroes (specification, section Unallocated L2 tables and data
 * clusters). Throws {@linkcode ImageError} if the backing file was not attached.
 */
export function* readBacking(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  const source = image.backing;
  if (!source) {
    if (image.backingName === undefined) {
      into.fill(0);
      return;
    }
    throw new ImageError(`the backing file ${JSON.stringify(image.backingName)} is not open`);
  }
  const sizeBytes = source.kind === "raw" ? BigInt(source.sizeBytes) : source.image.imageBytes;
  const there = sizeBytes - BigInt(offset);
  const count = there <= 0n ? 0 : there < BigInt(into.length) ? Number(there) : into.length;
  if (count > 0) {
    const piece = into.subarray(0, count);
    if (source.kind === "qed") yield* readImage(source.image, offset, piece);
    else {
      const moved = yield {
        kind: "read",
        file: source.file,
        offsetBytes: Number(offset),
        into: piece,
        label: "backing",
      };
      piece.fill(0, moved);
    }
  }
  into.fill(0, count);
}
