import {
  closeImage,
  flushImage,
  ImageError,
  type QedImage,
  readImage,
  resizeImage,
  type ResizeOptions,
  writeImage,
} from "../qed/mod.ts";
import { type FileStorage, type Operation, passThrough, runSync } from "../storage/mod.ts";
import { ChainOpener, type OpenChainOptions } from "./chain_opener.ts";
import { HostError, reasonOf } from "../storage/host_error.ts";
import type { Layer } from "./layer.ts";

/**
 * An image and the files behind it, open on the real file system. Names of backing files are
 * relative to the image that holds them; a backing file that its image calls raw is not probed; a
 * file that turns up twice, or more than {@linkcode MOST_LAYERS} of them, are refused, and so is
 * what another process has locked (see {@linkcode ImageLock}).
 *
 * `using` closes the files and nothing else, as a crash of the program would; call
 * {@linkcode ImageChain.close} where writes are to be finished.
 */
export class ImageChain implements Disposable {
  readonly #opener: ChainOpener;

  private constructor(opener: ChainOpener) {
    this.#opener = opener;
  }

  /**
   * Open the image at `path` and what is behind it. Nothing is written before the whole chain is
   * known to be good; only then, opened for writing, is a dirty image repaired.
   *
   * Throws {@linkcode HostError} with the path and the reason.
   */
  static open(path: string, options: OpenChainOptions = {}): ImageChain {
    return ImageChain.#open(path, options, []);
  }

  /**
   * Open another chain so that operations may use the files of both: for rebasing one onto the
   * other. A file may be in both as long as neither writes it. Each chain closes its own files.
   */
  openBeside(path: string, options: OpenChainOptions = {}): ImageChain {
    return ImageChain.#open(path, options, this.#opener.files);
  }

  static #open(path: string, options: OpenChainOptions, files: FileStorage[]): ImageChain {
    const opener = new ChainOpener(files);
    try {
      opener.open(path, options);
      return new ImageChain(opener);
    } catch (error) {
      opener[Symbol.dispose]();
      throw new HostError(`Could not open '${path}': ${reasonOf(error)}`, { cause: error });
    }
  }

  /** The files, the image itself first. */
  get layers(): readonly Layer[] {
    return this.#opener.layers;
  }

  /** The image itself. */
  get top(): Layer {
    return this.#opener.layers[0];
  }

  /** The image itself as QED. Throws {@linkcode ImageError} if it is raw. */
  get image(): QedImage {
    const { image, path } = this.top;
    if (image) return image;
    throw new ImageError(`'${path}' is a raw image, and this is for QED images only`);
  }

  /** The files by slot, for drivers of operations; those of chains beside this one included. */
  get files(): readonly FileStorage[] {
    return this.#opener.files;
  }

  /** The size of the guest's disk in bytes. */
  get guestBytes(): bigint {
    return this.top.guestBytes;
  }

  /** Run an operation on the image, or on another layer's. */
  run<T>(operation: Operation<T>): T {
    return runSync(operation, this.#opener.files);
  }

  /** Fill `into` with what the guest sees from `offset` on. The range must be on its disk. */
  read(offset: bigint, into: Uint8Array): void {
    this.run(this.reading(offset, into));
  }

  /** Store `bytes` on the guest's disk from `offset` on. The range must be on its disk. */
  write(offset: bigint, bytes: Uint8Array): void {
    this.run(this.writing(offset, bytes));
  }

  /** Make what was written durable. */
  flush(): void {
    this.run(this.flushing());
  }

  /** The operation that {@linkcode ImageChain.read} runs, for other drivers. */
  *reading(offset: bigint, into: Uint8Array): Operation<void> {
    this.#assertInside(offset, into.length);
    const { image, file } = this.top;
    if (image) {
      yield* readImage(image, offset, into);
      return;
    }
    const offsetBytes = Number(offset);
    const moved = yield { kind: "read", file, offsetBytes, into, label: "data" };
    into.fill(0, moved);
  }

  /** The operation that {@linkcode ImageChain.write} runs, for other drivers. */
  writing(offset: bigint, bytes: Uint8Array): Operation<unknown> {
    this.#assertInside(offset, bytes.length);
    const { image, file } = this.top;
    const offsetBytes = Number(offset);
    if (image) return writeImage(image, offset, bytes);
    return passThrough({ kind: "write", file, offsetBytes, bytes, label: "data" });
  }

  /** The operation that {@linkcode ImageChain.flush} runs, for other drivers. */
  flushing(): Operation<unknown> {
    const { image, file } = this.top;
    if (image) return flushImage(image);
    return passThrough({ kind: "flush", file, scope: "data", label: "guest" });
  }

  /**
   * Give the guest's disk another size, in bytes, durably: see `resizeImage`, or for a raw image
   * the size of the file. Throws {@linkcode ImageError} for a size that cannot be, and for a
   * smaller one unless `shrink` is set; a raw image then loses what is behind it.
   */
  resize(imageBytes: bigint, options: ResizeOptions = {}): void {
    const { image, file } = this.top;
    if (image) {
      this.run(resizeImage(image, imageBytes, options));
      return;
    }
    const sizeBytes = Number(imageBytes);
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new ImageError(`invalid size of a raw image: ${imageBytes}`);
    }
    if (imageBytes < this.guestBytes && !options.shrink) {
      throw new ImageError(
        `cannot shrink the image from ${this.guestBytes} to ${imageBytes} bytes: ` +
          "shrinking was not asked for",
      );
    }
    this.run(passThrough({ kind: "resize", file, sizeBytes, label: "new size" }));
    this.run(passThrough({ kind: "flush", file, scope: "data", label: "new size" }));
    this.top.fileBytes = sizeBytes;
  }

  /** Finish what was written, so that the images are clean, and close the files. */
  close(): void {
    for (const { image } of this.#opener.layers) if (image?.writable) this.run(closeImage(image));
    this[Symbol.dispose]();
  }

  /** Close the files. */
  [Symbol.dispose](): void {
    this.#opener[Symbol.dispose]();
  }

  #assertInside(offset: bigint, lengthBytes: number): void {
    if (offset >= 0n && offset + BigInt(lengthBytes) <= this.guestBytes) return;
    throw new ImageError(
      `${lengthBytes} bytes at ${offset} are outside the image of ${this.guestBytes} bytes`,
    );
  }
}
