import { ImageError } from "../format/format_error.ts";
import type { BackingSource, QedImage } from "./image.ts";

/**
 * The backing file of `image`, or undefined if it has none. Throws {@linkcode ImageError} if the
 * backing file is not attached.
 */
export function requireBacking(image: QedImage): BackingSource | undefined {
  if (image.backing || image.backingName === undefined) return image.backing;
  throw new ImageError(`the backing file ${JSON.stringify(image.backingName)} is not open`);
}

/**
 * The size of the backing file of `image` in bytes; 0 without one. Throws {@linkcode ImageError}
 * if the backing file is not attached.
 */
export function backingBytes(image: QedImage): bigint {
  return sourceBytes(requireBacking(image));
}

/** The size of a backing file in bytes; 0 if there is none. */
export function sourceBytes(source: BackingSource | undefined): bigint {
  if (!source) return 0n;
  return source.kind === "raw" ? BigInt(source.sizeBytes) : source.image.imageBytes;
}
