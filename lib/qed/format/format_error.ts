/** What a {@linkcode FormatError} says about the field that breaks a rule. */
export interface FormatErrorDetails {
  /** The field in the specification's terms: `cluster_size`, `l1_table[3]` ... */
  readonly field: string;
  /** Where the field starts in the file, in bytes. */
  readonly offsetBytes: number;
  /** What the field holds. */
  readonly value: bigint | number | string;
  /** The rule that the value breaks: "must be a power of two from 4096 to 67108864". */
  readonly rule: string;
}

/**
 * An image that breaks a rule of the format. Names the field, its offset in the file and its
 * value. Nothing has been written to the image when this is thrown on opening it.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { FormatError, MemoryStorage, openImage, runSync } from "@powercut/powercut/lib";
 *
 * const file = new MemoryStorage(new Uint8Array(4096));
 * assertThrows(() => runSync(openImage(), [file]), FormatError, "magic at offset 0 is 0");
 * ```
 */
export class FormatError extends Error implements FormatErrorDetails {
  /** The name of this kind of error. */
  override readonly name = "FormatError";
  /** The field in the specification's terms. */
  readonly field: string;
  /** Where the field starts in the file, in bytes. */
  readonly offsetBytes: number;
  /** What the field holds. */
  readonly value: bigint | number | string;
  /** The rule that the value breaks. */
  readonly rule: string;

  /** Build the error and its message from what is known of the field. */
  constructor(details: FormatErrorDetails) {
    const { field, offsetBytes, value, rule } = details;
    const shown = typeof value === "string" ? JSON.stringify(value) : `${value}`;
    super(`${field} at offset ${offsetBytes} is ${shown}: ${rule}`);
    this.field = field;
    this.offsetBytes = offsetBytes;
    this.value = value;
    this.rule = rule;
  }
}

/**
 * A call that can't be carried out on this image: outside its size, read-only, a backing file
 * that isn't there, or an image that stopped accepting writes after a failure.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { createImage, ImageError, MemoryStorage, openImage, readImage, runSync } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true }), files);
 * assertThrows(
 *   () => runSync(readImage(image, 2 ** 30, new Uint8Array(1)), files),
 *   ImageError,
 *   "outside the image",
 * );
 * ```
 */
export class ImageError extends Error {
  /** The name of this kind of error. */
  override readonly name = "ImageError";
}
