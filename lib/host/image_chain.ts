import {
  type BackingSource,
  closeImage,
  flushImage,
  type HeaderLayout,
  type QedImage,
  ImageError,
  openImage,
  type OrderingProfile,
  readImage,
  SECTOR_BYTES,
  writeImage,
} from "../qed/mod.ts";
import { type FileStorage, type Operation, passThrough, runSync } from "../storage/mod.ts";
import { backingPath } from "./backing_path.ts";
import { HostError, reasonOf } from "./host_error.ts";
import { ImageLock } from "./image_lock.ts";
import { type ImageFormat, probeFormat } from "./probe.ts";
import { openRegularFile } from "./regular_file.ts";

/** The most files in a chain: image, backing file, its backing file and so on. */
export const MOST_LAYERS = 200;

/** How to open a chain. */
export interface OpenChainOptions {
  /** The format of the first file; found out from its first bytes if not given. */
  readonly format?: ImageFormat;
  /** Open the first file for writing; the others are only ever read. */
  readonly writable?: boolean;
  /** Read the header of the first file under this layout only. */
  readonly layout?: HeaderLayout;
  /** The order in which writes reach the disk. */
  readonly profile?: OrderingProfile;
  /** Leave a dirty image as it is although it is opened for writing: to check it first. */
  readonly skipRepair?: boolean;
  /** Read the files even if another process writes them: what is read may not fit together. */
  readonly ignoresLocks?: boolean;
  /** Open the first file only; what it leaves to its backing file cannot be read then. */
  readonly withoutBacking?: boolean;
}

/** One file of a chain. */
export interface Layer {
  /** The path it was opened by. */
  readonly path: string;
  /** Its format. */
  readonly format: ImageFormat;
  /** The file. */
  readonly storage: FileStorage;
  /** The size of the file in bytes when it was opened. */
  readonly fileBytes: number;
  /** The size of the guest's disk: that of the image, or the raw file up to a whole sector. */
  readonly guestBytes: bigint;
  /** The image, if the format is QED. */
  readonly image: QedImage | undefined;
}

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
  readonly #layers: Layer[] = [];
  readonly #files: FileStorage[] = [];
  readonly #locks: ImageLock[] = [];

  private constructor() {}

  /**
   * Open the image at `path` and what is behind it. Nothing is written before the whole chain is
   * known to be good; only then, opened for writing, is a dirty image repaired.
   *
   * Throws {@linkcode HostError} with the path and the reason.
   */
  static open(path: string, options: OpenChainOptions = {}): ImageChain {
    const chain = new ImageChain();
    try {
      chain.#openAll(path, options);
      return chain;
    } catch (error) {
      chain[Symbol.dispose]();
      throw new HostError(`Could not open '${path}': ${reasonOf(error)}`, { cause: error });
    }
  }

  /** The files, the image itself first. */
  get layers(): readonly Layer[] {
    return this.#layers;
  }

  /** The image itself. */
  get top(): Layer {
    return this.#layers[0];
  }

  /** The image itself as QED. Throws {@linkcode ImageError} if it is raw. */
  get image(): QedImage {
    const { image, path } = this.top;
    if (image) return image;
    throw new ImageError(`'${path}' is a raw image, and this is for QED images only`);
  }

  /** The size of the guest's disk in bytes. */
  get guestBytes(): bigint {
    return this.top.guestBytes;
  }

  /** Run an operation on the image, or on another layer's. */
  run<T>(operation: Operation<T>): T {
    return runSync(operation, this.#files);
  }

  /** Fill `into` with what the guest sees from `offset` on. The range must be on its disk. */
  read(offset: bigint, into: Uint8Array): void {
    this.run(this.#reading(offset, into));
  }

  /** Store `bytes` on the guest's disk from `offset` on. The range must be on its disk. */
  write(offset: bigint, bytes: Uint8Array): void {
    this.#assertInside(offset, bytes.length);
    const { image } = this.top;
    const offsetBytes = Number(offset);
    if (image) this.run(writeImage(image, offset, bytes));
    else this.run(passThrough({ kind: "write", file: 0, offsetBytes, bytes, label: "data" }));
  }

  /** Make what was written durable. */
  flush(): void {
    const { image } = this.top;
    if (image) this.run(flushImage(image));
    else this.run(passThrough({ kind: "flush", file: 0, scope: "data", label: "guest" }));
  }

  /** Finish what was written, so that the image is clean, and close the files. */
  close(): void {
    const { image } = this.top;
    if (image) this.run(closeImage(image));
    this[Symbol.dispose]();
  }

  /** Close the files. */
  [Symbol.dispose](): void {
    for (const file of this.#files) file.close();
    for (const lock of this.#locks.splice(0)) lock[Symbol.dispose]();
  }

  *#reading(offset: bigint, into: Uint8Array): Operation<void> {
    this.#assertInside(offset, into.length);
    const { image } = this.top;
    if (image) {
      yield* readImage(image, offset, into);
      return;
    }
    const offsetBytes = Number(offset);
    const moved = yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
    into.fill(0, moved);
  }

  #assertInside(offset: bigint, lengthBytes: number): void {
    if (offset >= 0n && offset + BigInt(lengthBytes) <= this.guestBytes) return;
    throw new ImageError(
      `${lengthBytes} bytes at ${offset} are outside the image of ${this.guestBytes} bytes`,
    );
  }

  #openAll(path: string, options: OpenChainOptions): void {
    this.#openLayer(path, options);
    if (!options.withoutBacking) this.#openBacking(options);
    const { image } = this.top;
    if (!image || !options.writable) return;

    const { layout, profile, skipRepair } = options;
    const writable = this.run(openImage({
      writable: true,
      ...(layout && { layout }),
      ...(profile && { profile }),
      ...(skipRepair && { skipRepair }),
    }));
    writable.backing = image.backing;
    this.#layers[0] = { ...this.top, image: writable };
  }

  /** Open backing files until a layer has none, then tell each layer of the one behind it. */
  #openBacking(options: OpenChainOptions): void {
    for (let layer = this.top; layer.image?.backingName !== undefined;) {
      const { backingName, backingIsRaw } = layer.image;
      try {
        const path = backingPath(layer.path, backingName);
        this.#openLayer(path, {
          ...(backingIsRaw && { format: "raw" }),
          ...(options.ignoresLocks && { ignoresLocks: true }),
        });
      } catch (error) {
        const reason = reasonOf(error);
        throw new HostError(`Could not open backing file '${backingName}': ${reason}`, {
          cause: error,
        });
      }
      const backing = this.#layers[this.#layers.length - 1];
      layer.image.backing = backingSource(backing, this.#layers.length - 1);
      layer = backing;
    }
  }

  #openLayer(path: string, options: OpenChainOptions): void {
    if (this.#layers.length === MOST_LAYERS) {
      throw new HostError(`The backing chain has more than ${MOST_LAYERS} files`);
    }
    const storage = openRegularFile(path, options.writable ? "read-write" : "read-only");
    const { identity } = storage;
    const same = this.#layers.find((layer) => layer.storage.identity === identity);
    // From here on it is closed together with the others.
    this.#files.push(storage);
    if (same) {
      throw new HostError(
        `The backing chain has a loop: this is '${same.path}', which is in it already`,
      );
    }
    const writable = options.writable ?? false;
    if (writable || !options.ignoresLocks) this.#locks.push(new ImageLock(path, { writable }));
    this.#layers.push(this.#describeLayer(path, storage, options));
  }

  #describeLayer(path: string, storage: FileStorage, options: OpenChainOptions): Layer {
    const format = options.format ?? probeFormat(storage);
    const fileBytes = storage.perform({ kind: "size", file: 0 });
    if (format === "raw") {
      const sectors = Math.ceil(fileBytes / SECTOR_BYTES);
      const guestBytes = BigInt(sectors) * BigInt(SECTOR_BYTES);
      return { path, format, storage, fileBytes, guestBytes, image: undefined };
    }
    const { layout, profile } = options;
    const file = this.#layers.length;
    const image = this.run(
      openImage({ file, ...(layout && { layout }), ...(profile && { profile }) }),
    );
    return { path, format, storage, fileBytes, guestBytes: image.imageBytes, image };
  }
}

function backingSource(layer: Layer, file: number): BackingSource {
  return layer.image
    ? { kind: "qed", image: layer.image }
    : { kind: "raw", file, sizeBytes: layer.fileBytes };
}
