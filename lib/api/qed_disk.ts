import type { ImageChain } from "../chain/mod.ts";
import { closeImage, discardImage, type QedImage, resizeImage, writeZeroes } from "../qed/mod.ts";
import type { Operation } from "../storage/mod.ts";
import type { Disk, ImageResizeOptions } from "./disk.ts";

/** The disk of a QED image and what is behind it. */
export class QedDisk implements Disk {
  readonly #chain: ImageChain;
  readonly #image: QedImage;

  /** The disk of the image that `chain` was opened for. */
  constructor(chain: ImageChain) {
    this.#chain = chain;
    this.#image = chain.image;
  }

  /** Fill `into` from `offset` on. */
  read(offset: bigint, into: Uint8Array): Operation<unknown> {
    return this.#chain.reading(offset, into);
  }

  /** Store `bytes` from `offset` on. */
  write(offset: bigint, bytes: Uint8Array): Operation<unknown> {
    return this.#chain.writing(offset, bytes);
  }

  /** Have a range read as zeroes. */
  writeZeroes(offset: bigint, lengthBytes: bigint): Operation<unknown> {
    return writeZeroes(this.#image, offset, lengthBytes);
  }

  /** A range is no longer needed. */
  discard(offset: bigint, lengthBytes: bigint): Operation<unknown> {
    return discardImage(this.#image, offset, lengthBytes);
  }

  /** Make durable what was acknowledged. */
  flush(): Operation<unknown> {
    return this.#chain.flushing();
  }

  /** Change the size. */
  resize(sizeBytes: bigint, options: ImageResizeOptions): Operation<unknown> {
    return resizeImage(this.#image, sizeBytes, options);
  }

  /** Finish everything, and clear NEED_CHECK. */
  close(): Operation<unknown> {
    return closeImage(this.#image);
  }
}
