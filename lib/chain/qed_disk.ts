import {
  closeImage,
  discardImage,
  flushImage,
  type QedImage,
  readImage,
  resizeImage,
  type ResizeOptions,
  writeImage,
  writeZeroes,
} from "../qed/mod.ts";
import type { Operation } from "../storage/mod.ts";
import type { GuestDisk } from "./guest_disk.ts";

/** The disk of a QED image and its backing files. */
export class QedDisk implements GuestDisk {
  readonly #image: QedImage;

  /** The disk of `image`, whose backing file must be attached. */
  constructor(image: QedImage) {
    this.#image = image;
  }

  /** The size in bytes. */
  get sizeBytes(): bigint {
    return this.#image.imageBytes;
  }

  /** Fill `into` from `offset` on. */
  read(offset: bigint, into: Uint8Array): Operation<void> {
    return readImage(this.#image, offset, into);
  }

  /** Store `bytes` from `offset` on. */
  write(offset: bigint, bytes: Uint8Array): Operation<void> {
    return writeImage(this.#image, offset, bytes);
  }

  /** Make a range read as zeroes; whole clusters are unmapped. */
  writeZeroes(offset: bigint, lengthBytes: bigint): Operation<void> {
    return writeZeroes(this.#image, offset, lengthBytes);
  }

  /** Unmap the clusters of a range. */
  discard(offset: bigint, lengthBytes: bigint): Operation<void> {
    return discardImage(this.#image, offset, lengthBytes);
  }

  /** Make every acknowledged write durable. */
  flush(): Operation<void> {
    return flushImage(this.#image);
  }

  /** Change the size, durably; see `resizeImage`. */
  resize(sizeBytes: bigint, options: ResizeOptions = {}): Operation<void> {
    return resizeImage(this.#image, sizeBytes, options);
  }

  /** Make everything durable and clear NEED_CHECK. */
  close(): Operation<void> {
    return closeImage(this.#image);
  }
}
