import type { FileSlot, Operation } from "../../storage/request.ts";
import { ImageError } from "../format/format_error.ts";
import type { QedImage } from "./image.ts";
import { readImage } from "../io/read.ts";

/** Where an image reads what it does not hold itself. */
export type BackingSource =
  | { readonly kind: "raw"; readonly file: FileSlot; readonly sizeBytes: number }
  | { readonly kind: "qed"; readonly image: QedImage };

/**
 * Fill `into` from the backing file of `image`, from guest offset `offset` on; past the end of the
 * backing file, or without one, with zeroes (specification, section Unallocated L2 tables and data
 * clusters). Throws {@linkcode ImageError} if the backing file was not attached.
 */
export function readBacking(
  image: QedImage,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  return readSource(backingOf(image), offset, into);
}

/** Fill `into` from `source`, from offset `offset` on; past its end, or without one, with zeroes. */
export function* readSource(
  source: BackingSource | undefined,
  offset: number | bigint,
  into: Uint8Array,
): Operation<void> {
  const there = sourceBytes(source) - BigInt(offset);
  const count = there <= 0n ? 0 : there < BigInt(into.length) ? Number(there) : into.length;
  if (source && count > 0) {
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

/**
 * How long the backing file of `image` is, in bytes; 0 without one. Throws {@linkcode ImageError}
 * if it was not attached.
 */
export function backingBytes(image: QedImage): bigint {
  return sourceBytes(backingOf(image));
}

function backingOf(image: QedImage): BackingSource | undefined {
  if (image.backing || image.backingName === undefined) return image.backing;
  throw new ImageError(`the backing file ${JSON.stringify(image.backingName)} is not open`);
}

/** How long a backing file is, in bytes; 0 if there is none. */
export function sourceBytes(source: BackingSource | undefined): bigint {
  if (!source) return 0n;
  return source.kind === "raw" ? BigInt(source.sizeBytes) : source.image.imageBytes;
}
