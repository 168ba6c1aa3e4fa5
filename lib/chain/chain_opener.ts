import { type HeaderLayout, openImage, type OrderingProfile } from "../qed/mod.ts";
import { type FileStorage, type Operation, runSync } from "../storage/mod.ts";
import { backingPath } from "./backing_path.ts";
import { describeError, HostError } from "../storage/host_error.ts";
import { ImageLock } from "./image_lock.ts";
import { Layer } from "./layer.ts";
import { type ImageFormat, probeFormat } from "./probe.ts";
import { openRegularFile } from "./regular_file.ts";

/** Maximum number of files in a chain: image, backing file, its backing file and so on. */
export const MAX_LAYERS = 200;

/** Options to open a chain. */
export interface OpenChainOptions {
  /** The format of the first file; detected from its first bytes by default. */
  readonly format?: ImageFormat;
  /** Open the first file for writing. */
  readonly writable?: boolean;
  /** Open the file at this depth for writing too: 1 is the backing file, 2 its backing file ... */
  readonly writableDepth?: number;
  /** Read the header of the first file under this layout only. */
  readonly layout?: HeaderLayout;
  /** The ordering profile. */
  readonly profile?: OrderingProfile;
  /** The number of L2 tables of the first file to keep in memory. */
  readonly l2CacheTables?: number;
  /** Do not repair a dirty image that is opened for writing: the caller checks it first. */
  readonly skipRepair?: boolean;
  /** Read the files even if another process writes them; the data may be inconsistent. */
  readonly ignoresLocks?: boolean;
  /** Open the first file only; clusters of its backing file cannot be read then. */
  readonly withoutBacking?: boolean;
  /** Copy data that is read from the backing file into the image, which must be writable. */
  readonly copiesOnRead?: boolean;
}

/** Options of a QED image. */
type ImageOptions = Pick<OpenChainOptions, "layout" | "profile" | "l2CacheTables">;

/** Options to open one file of a chain. */
interface LayerOptions extends ImageOptions, Pick<OpenChainOptions, "format"> {
  readonly writable: boolean;
  readonly ignoresLocks: boolean;
}

/** Opens the files of a chain, the overlay first. */
export class ChainOpener implements Disposable {
  /** The files opened so far, the image itself first. */
  readonly layers: Layer[] = [];
  /** All files by slot, including those of other chains that share the slots. */
  readonly files: FileStorage[];
  readonly #ownFiles: FileStorage[] = [];
  readonly #locks: ImageLock[] = [];

  /** An opener with no open file; its slots follow those of `files`. */
  constructor(files: FileStorage[]) {
    this.files = files;
  }

  /** Open the image at `path` and its backing files. Throws the first error unchanged. */
  open(path: string, options: OpenChainOptions): void {
    const { format, writableDepth } = options;
    const writable = options.writable ?? false;
    const ignoresLocks = options.ignoresLocks ?? false;
    this.#openLayer(path, {
      ...(format && { format }),
      ...imageOptions(options),
      writable,
      ignoresLocks,
    });
    if (!options.withoutBacking) this.#openBacking({ writableDepth, ignoresLocks });
    // Nothing is written before the whole chain is open.
    if (writableDepth !== undefined && writableDepth > 0) this.#makeWritable(writableDepth, {});
    if (writable) this.#makeWritable(0, options);
    const { image } = this.layers[0];
    if (image) image.copiesOnRead = options.copiesOnRead ?? false;
  }

  /** Open an image of the chain again, for writing, and attach it to its overlay. */
  #makeWritable(depth: number, options: OpenChainOptions): void {
    const layer = this.layers[depth];
    if (!layer?.image) return;
    const { skipRepair } = options;
    const image = this.#run(openImage({
      file: layer.file,
      writable: true,
      ...imageOptions(options),
      ...(skipRepair && { skipRepair }),
    }));
    image.backing = layer.image.backing;
    this.layers[depth] = new Layer({ ...layer, image });
    const overlay = this.layers[depth - 1]?.image;
    if (overlay) overlay.backing = this.layers[depth].source;
  }

  /** Open backing files until a layer has none, and attach each one to its overlay. */
  #openBacking(
    options: { readonly writableDepth: number | undefined; readonly ignoresLocks: boolean },
  ): void {
    for (let layer = this.layers[0]; layer.image?.backingName !== undefined;) {
      const { backingName, backingIsRaw } = layer.image;
      try {
        this.#openLayer(backingPath(layer.path, backingName), {
          ...(backingIsRaw && { format: "raw" }),
          writable: this.layers.length === options.writableDepth,
          ignoresLocks: options.ignoresLocks,
        });
      } catch (error) {
        const reason = describeError(error);
        throw new HostError(`Could not open backing file '${backingName}': ${reason}`, {
          cause: error,
        });
      }
      const backing = this.layers[this.layers.length - 1];
      layer.image.backing = backing.source;
      layer = backing;
    }
  }

  #openLayer(path: string, options: LayerOptions): void {
    if (this.layers.length === MAX_LAYERS) {
      throw new HostError(`The backing chain has more than ${MAX_LAYERS} files`);
    }
    const { writable, ignoresLocks } = options;
    const storage = openRegularFile(path, writable ? "read-write" : "read-only");
    const { identity } = storage;
    const same = this.layers.find((layer) => layer.storage.identity === identity);
    // From here on the file is closed together with the others.
    this.#ownFiles.push(storage);
    const file = this.files.push(storage) - 1;
    if (same) {
      throw new HostError(
        `The backing chain has a loop: '${same.path}' is already in it`,
      );
    }
    if (writable || !ignoresLocks) this.#locks.push(new ImageLock(path, { writable }));
    const format = options.format ?? probeFormat(storage);
    const image = format === "raw" ? undefined : this.#run(
      openImage({ file, ...imageOptions(options) }),
    );
    this.layers.push(
      new Layer({
        path,
        format,
        isProbed: options.format === undefined,
        storage,
        file,
        fileBytes: storage.perform({ kind: "size", file }),
        image,
      }),
    );
  }

  #run<T>(operation: Operation<T>): T {
    return runSync(operation, this.files);
  }

  /** Close the files. */
  [Symbol.dispose](): void {
    for (const file of this.#ownFiles) file.close();
    for (const lock of this.#locks.splice(0)) lock[Symbol.dispose]();
  }
}

function imageOptions({ layout, profile, l2CacheTables }: ImageOptions): ImageOptions {
  return {
    ...(layout && { layout }),
    ...(profile && { profile }),
    ...(l2CacheTables !== undefined && { l2CacheTables }),
  };
}
