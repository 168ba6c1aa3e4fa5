import type { ChainExtent, ImageFormat, Layer } from "../chain/mod.ts";
import {
  checkImage,
  type CheckResult,
  type HeaderLayout,
  ImageError,
  type ProgressListener,
  repairImage,
} from "../qed/mod.ts";
import { WHOLE_DISK } from "../storage/range_lock.ts";
import { byteCount, requireBytes } from "./byte_count.ts";
import { createFile } from "./create_file.ts";
import { joinedExtents } from "./extents.ts";
import type {
  ByteCount,
  ImageCreateOptions,
  ImageOpenOptions,
  ImageRepairOptions,
  ImageResizeOptions,
} from "./options.ts";
import { ImageSession } from "./image_session.ts";
import { readableStream, writableStream } from "./streams.ts";

/**
 * An open disk image, QED or raw, with its backing files.
 *
 * Many requests may run at once. Requests that overlap run in the order in which they are made,
 * unless all of them read; one request at a time allocates clusters; all others run in parallel.
 * {@linkcode Image.flush} makes durable every write whose promise was fulfilled before the call. A
 * crash loses nothing that a flush has made durable, and leaves each sector written since with its
 * old or its new contents. docs/concurrency.md has the details.
 *
 * `await using` closes the image when it goes out of scope ({@linkcode Image.close}). `using`
 * closes its files at once, as a crash of the program would: acknowledged writes are in the file,
 * but perhaps not durable, requests in flight fail, and the image stays dirty.
 *
 * Requests fail with {@linkcode ImageError} if this image cannot carry them out (a range outside
 * the disk, a write to an image that was opened read-only, any request to a closed image), with
 * `FormatError` if the image breaks a rule of the format, and with `StorageError` if the system
 * fails a read, write or flush.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Image } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using image = await Image.create(path, { sizeBytes: 2 ** 40 });
 * await Promise.all([
 *   image.write(0, new TextEncoder().encode("first")),
 *   image.write(2 ** 39, new TextEncoder().encode("last")),
 * ]);
 * await image.flush();
 * assertEquals(new TextDecoder().decode(await image.read(2 ** 39, 4)), "last");
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export class Image implements AsyncDisposable, Disposable {
  readonly #session: ImageSession;

  private constructor(session: ImageSession) {
    this.#session = session;
  }

  /**
   * Open the image at `path` and its backing files. Opening for writing locks the image
   * exclusively, against this program and other ones that honour QEMU's locks. A dirty image is
   * repaired at the time that {@linkcode ImageOpenOptions.check} selects.
   *
   * Throws {@linkcode ImageError} for invalid options, and {@linkcode HostError} with the path and
   * the reason; nothing has been written then, except by a failed repair.
   */
  static async open(path: string, options: ImageOpenOptions = {}): Promise<Image> {
    return new Image(await ImageSession.open(path, options));
  }

  /**
   * Create an image at `path` and open it for writing. The image is durable when this returns; if
   * it fails or the program is interrupted, an old file of that name is unchanged.
   *
   * Throws {@linkcode ImageError} for invalid options, and {@linkcode HostError} if the file exists
   * and {@linkcode ImageCreateOptions.overwrites} is not set, or if it cannot be created.
   */
  static async create(path: string, options: ImageCreateOptions = {}): Promise<Image> {
    createFile(path, options);
    return await Image.open(path, { format: "qed", ...options, writable: true });
  }

  /** The path of the image, as it was given. */
  get path(): string {
    return this.#top.path;
  }

  /** Its format. */
  get format(): ImageFormat {
    return this.#top.format;
  }

  /** The size of the guest's disk, in bytes. */
  get sizeBytes(): bigint {
    return this.#session.chain.guestBytes;
  }

  /** Bytes of a cluster; undefined for a raw image. */
  get clusterBytes(): number | undefined {
    return this.#top.image?.geometry.clusterBytes;
  }

  /** Clusters of a table; undefined for a raw image. */
  get tableClusters(): number | undefined {
    return this.#top.image?.geometry.tableClusters;
  }

  /** The layout of the header; undefined for a raw image. */
  get layout(): HeaderLayout | undefined {
    return this.#top.image?.header.layout;
  }

  /** The name of the backing file as stored in the image; undefined if there is none. */
  get backingName(): string | undefined {
    return this.#top.image?.backingName;
  }

  /** The paths of the open files: the image, its backing file, and so on. */
  get paths(): readonly string[] {
    return this.#session.chain.layers.map(({ path }) => path);
  }

  /** Whether a crash now would leave the image in need of a check. */
  get isDirty(): boolean {
    return this.#top.image?.needsCheck ?? false;
  }

  /**
   * The result of the check and repair of an image that was dirty when it was opened, once that is
   * done; undefined if the image was clean. Rejects if the check fails; the image then takes no
   * more writes.
   */
  get checked(): Promise<CheckResult | undefined> {
    return this.#session.checked;
  }

  /** Read `length` bytes from `offset` on into new memory. */
  read(offset: ByteCount, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fill `into` with the bytes from `offset` on, and return it. */
  read<B extends Uint8Array>(offset: ByteCount, into: B): Promise<B>;
  async read(offset: ByteCount, target: number | Uint8Array): Promise<Uint8Array> {
    if (typeof target !== "number") requireBytes(target);
    const length = typeof target === "number" ? target : target.length;
    const { start } = this.#session.range(offset, length);
    const into = typeof target === "number" ? newMemory(target) : target;
    await this.#session.run(this.#session.chain.disk.read(start, into));
    return into;
  }

  /** Write `bytes` from `offset` on. They must not change before the promise is fulfilled. */
  async write(offset: ByteCount, bytes: Uint8Array): Promise<void> {
    requireBytes(bytes); // other typed arrays have lengths in other units
    const { start } = this.#session.range(offset, bytes.length);
    await this.#session.change(this.#session.chain.disk.write(start, bytes));
  }

  /** Make durable every write that was acknowledged before this call. */
  async flush(): Promise<void> {
    await this.#session.change(this.#session.chain.disk.flush());
  }

  /** Make `length` bytes from `offset` on read as zeroes, in as little space as possible. */
  async writeZeroes(offset: ByteCount, length: ByteCount): Promise<void> {
    const { start, lengthBytes } = this.#session.range(offset, length);
    await this.#session.change(this.#session.chain.disk.writeZeroes(start, lengthBytes));
  }

  /**
   * Discard `length` bytes from `offset` on, which are no longer needed. Clusters that are freed
   * read as zeroes afterwards, the rest does not change; nor do raw files.
   */
  async discard(offset: ByteCount, length: ByteCount): Promise<void> {
    const { start, lengthBytes } = this.#session.range(offset, length);
    await this.#session.change(this.#session.chain.disk.discard(start, lengthBytes));
  }

  /**
   * Change the size of the disk, in bytes, durably. Space added reads as zeroes. A smaller size is
   * an error unless `shrink` is set, and for QED even then if data would be lost. Waits for earlier
   * requests.
   */
  async resize(size: ByteCount, options: ImageResizeOptions = {}): Promise<void> {
    await this.#session.change(
      this.#session.chain.disk.resize(byteCount("image size", size), options),
    );
  }

  /**
   * Check the tables without changing anything. Reads and in-place writes run meanwhile, allocating
   * writes wait. For QED images only.
   */
  async check(onProgress?: ProgressListener): Promise<CheckResult> {
    const { image } = this.#session.chain;
    return await this.#session.run(image.withAllocationLock(checkImage(image, onProgress)));
  }

  /**
   * Check the tables and repair them; other requests wait. Opening a dirty image for writing does
   * this already, except for leaks. For QED images only.
   */
  async repair(options: ImageRepairOptions = {}): Promise<CheckResult> {
    const { image } = this.#session.chain;
    const { leaks = false, onProgress: progress } = options;
    const repair = repairImage(image, { corruptions: true, leaks, ...(progress && { progress }) });
    return await this.#session.change(
      image.withRangeLock(WHOLE_DISK, "change", image.withAllocationLock(repair)),
    );
  }

  /**
   * A stream of the bytes from `start` to `end`, of the whole disk by default. It is a byte stream,
   * so its reader may bring its own buffer. It reads at most one chunk ahead of its reader.
   */
  readable(
    { start = 0, end }: { readonly start?: ByteCount; readonly end?: ByteCount } = {},
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const startBytes = byteCount("start", start);
    const endBytes = end === undefined ? this.sizeBytes : byteCount("end", end);
    this.#session.range(startBytes, endBytes - startBytes);
    return readableStream({
      startBytes,
      endBytes,
      read: (offset, into) => this.read(offset, into),
    });
  }

  /**
   * A stream that writes to the disk from `start` on, 0 by default. Closing it flushes. Aborting it
   * keeps the writes so far. It fails at the end of the disk.
   */
  writable({ start = 0 }: { readonly start?: ByteCount } = {}): WritableStream<Uint8Array> {
    const { start: startBytes } = this.#session.range(start, 0);
    return writableStream({
      startBytes,
      write: (offset, bytes) => this.write(offset, bytes),
      flush: () => this.flush(),
    });
  }

  /**
   * The extents of the disk, which tell where its data is stored: `for await` over extents that
   * cover the disk from `start`, 0 by default, to its end, with adjacent equal ones joined.
   * Concurrent writes may or may not show.
   */
  map({ start = 0 }: { readonly start?: ByteCount } = {}): AsyncIterable<ChainExtent> {
    const { start: startBytes } = this.#session.range(start, 0);
    return joinedExtents(
      this.#session.chain,
      (operation) => this.#session.run(operation),
      startBytes,
    );
  }

  /**
   * Wait for requests and a running check, make everything durable, mark the image clean, and close
   * its files. Rejects if a write or flush fails; the files are closed in any case, and the image
   * then stays dirty. Closing it again does nothing.
   */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** The same as {@linkcode Image.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Close the files and release their locks at once. Requests in flight fail. */
  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }

  get #top(): Layer {
    return this.#session.chain.top;
  }
}

function newMemory(lengthBytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(lengthBytes);
  } catch (error) {
    const hint = "read it in parts, or as a stream";
    throw new ImageError(`cannot allocate ${lengthBytes} bytes: ${hint}`, { cause: error });
  }
}
