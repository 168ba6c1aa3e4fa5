import { closeImage, ImageError, type QedImage, type ResizeOptions } from "../qed/mod.ts";
import { type FileStorage, type Operation, runSync } from "../storage/mod.ts";
import { ChainOpener, type OpenChainOptions } from "./chain_opener.ts";
import { describeError, HostError } from "../storage/host_error.ts";
import type { GuestDisk } from "./guest_disk.ts";
import type { Layer } from "./layer.ts";
import { QedDisk } from "./qed_disk.ts";
import { RawDisk } from "./raw_disk.ts";

/**
 * An open image and its backing files. Names of backing files are relative to their overlay, and a
 * backing file that its overlay marks as raw is not probed. A chain must not contain a file twice,
 * nor more than {@linkcode MAX_LAYERS} files, nor a file that another process has locked (see
 * {@linkcode ImageLock}).
 *
 * `using` only closes the files, as a crash of the program would; call {@linkcode ImageChain.close}
 * to finish writes.
 */
export class ImageChain implements Disposable {
  /** The guest's disk. */
  readonly disk: GuestDisk;
  readonly #opener: ChainOpener;

  private constructor(opener: ChainOpener, writable: boolean) {
    this.#opener = opener;
    const [top] = opener.layers;
    this.disk = top.image ? new QedDisk(top.image) : new RawDisk(top, writable);
  }

  /**
   * Open the image at `path` and its backing files. Nothing is written before the whole chain is
   * open; then a dirty image that is opened for writing is repaired.
   *
   * Throws {@linkcode HostError} with the path and the reason.
   */
  static open(path: string, options: OpenChainOptions = {}): ImageChain {
    return ImageChain.#open(path, options, []);
  }

  /**
   * Open another chain that shares its slots with this one, to rebase one onto the other. A file
   * may be in both chains if neither writes it. Each chain closes its own files.
   */
  openBeside(path: string, options: OpenChainOptions = {}): ImageChain {
    return ImageChain.#open(path, options, this.#opener.files);
  }

  static #open(path: string, options: OpenChainOptions, files: FileStorage[]): ImageChain {
    const opener = new ChainOpener(files);
    try {
      opener.open(path, options);
      return new ImageChain(opener, options.writable ?? false);
    } catch (error) {
      opener[Symbol.dispose]();
      throw new HostError(`Could not open '${path}': ${describeError(error)}`, { cause: error });
    }
  }

  /** The files, the overlay first. */
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
    throw new ImageError(`'${path}' is a raw image, but this requires a QED image`);
  }

  /**
   * The files by slot, for drivers of operations, including those of chains that share the slots.
   */
  get files(): readonly FileStorage[] {
    return this.#opener.files;
  }

  /** The size of the guest's disk in bytes. */
  get guestBytes(): bigint {
    return this.disk.sizeBytes;
  }

  /** Run an operation on the image, or on another layer's. */
  run<T>(operation: Operation<T>): T {
    return runSync(operation, this.#opener.files);
  }

  /** Fill `into` with the guest's bytes from `offset` on. */
  read(offset: bigint, into: Uint8Array): void {
    this.run(this.disk.read(offset, into));
  }

  /** Store `bytes` on the guest's disk from `offset` on. */
  write(offset: bigint, bytes: Uint8Array): void {
    this.run(this.disk.write(offset, bytes));
  }

  /** Make every write durable. */
  flush(): void {
    this.run(this.disk.flush());
  }

  /** Change the size of the guest's disk, durably: see {@linkcode GuestDisk.resize}. */
  resize(imageBytes: bigint, options: ResizeOptions = {}): void {
    this.run(this.disk.resize(imageBytes, options));
  }

  /** Close the images that are open for writing, so that they are clean, then the files. */
  close(): void {
    for (const { image } of this.#opener.layers) if (image?.writable) this.run(closeImage(image));
    this[Symbol.dispose]();
  }

  /** Close the files. */
  [Symbol.dispose](): void {
    this.#opener[Symbol.dispose]();
  }
}
