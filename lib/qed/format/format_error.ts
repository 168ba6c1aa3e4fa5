/** The field that a {@linkcode FormatError} is about, and the rule that it breaks. */
export interface FormatErrorDetails {
  /** The field in the specification's terms: `cluster_size`, `l1_table[3]` ... */
  readonly field: string;
  /** Where the field starts in the file, in bytes. */
  readonly offsetBytes: number;
  /** The value of the field. */
  readonly value: bigint | number | string;
  /** The rule that the value breaks: "must be a power of two from 4096 to 67108864". */
  readonly rule: string;
}

/**
 * An image that breaks a rule of the format: the field, its offset in the file and its value. When
 * opening an image throws this, nothing has been written to it.
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
  /** The value of the field. */
  readonly value: bigint | number | string;
  /** The rule that the value breaks. */
  readonly rule: string;

  /** Build the error and its message from the field and the rule. */
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
 * A call that this image cannot carry out: a range outside its size, a write to a read-only image,
 * a missing backing file, or a write to an image that stopped accepting writes after a failure.
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
