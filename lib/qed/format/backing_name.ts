import { ImageError } from "./format_error.ts";

/** The longest name of a backing file to write, in bytes: QEMU creates none longer. */
export const MAX_WRITTEN_NAME_BYTES = 1023;

/** A backing file as a header refers to it. */
export interface BackingReference {
  /** The name as stored: 1 to 1023 bytes in UTF-8, none of them NUL. */
  readonly name: string;
  /** Whether the file is raw and must not be probed (Liguori, 7 September 2010 22:29). */
  readonly isRaw: boolean;
}

/**
 * Encode the name of a backing file. Throws {@linkcode ImageError} for a name that cannot be
 * stored.
 */
export function encodeBackingName(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  const isGood = bytes.length > 0 && bytes.length <= MAX_WRITTEN_NAME_BYTES && !bytes.includes(0) &&
    name.isWellFormed();
  if (isGood) return bytes;
  throw new ImageError(
    `invalid backing file name '${name}': must have 1 to ${MAX_WRITTEN_NAME_BYTES} bytes, ` +
      "none of them NUL",
  );
}
