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
 * An open disk image, QED or raw, with the backing files behind it.
 *
 * Requests may be made many at a time, without waiting for those before. Those that overlap are
 * carried out in the order in which they are made, unless all of them read; of those that allocate
 * clusters one at a time is under way; all others run side by side. {@linkcode Image.flush} makes
 * durable what was acknowledged, that is, whose promise was fulfilled, before it was called. A
 * crash loses nothing that a flush has made durable, and leaves of each sector written since the
 * old contents or the new ones. docs/concurrency.md says more.
 *
 * `await using` closes the image when it goes out of scope ({@linkcode Image.close}). `using` lets
 * go of its files at once, as a crash of the program would: what was acknowledged is in the file,
 * but maybe not durable, requests under way fail, and the image stays dirty.
 *
 * Requests fail with {@linkcode ImageError} for what can't be asked of this image (a range outside
 * the disk, a write to an image that was opened read-only, any request to one that is closed), with
 * `FormatError` where the image breaks a rule of the format, and with `StorageError` where the
 * system fails a read, write or flush.
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
   * Open the image at `path` and the files behind it. Opened for writing, it is locked: nobody
   * else can open it, and whoever has it open already, in this program or another one that honours
   * QEMU's locks, keeps it from being opened. A dirty image is checked and repaired when
   * {@linkcode ImageOpenOptions.check} says.
   *
   * Throws {@linkcode ImageError} for settings that make no sense, and {@linkcode HostError} with the
   * path and the reason; nothing has been written then, but by a repair that failed.
   */
  static async open(path: string, options: ImageOpenOptions = {}): Promise<Image> {
    return new Image(await ImageSession.open(path, options));
  }

  /**
   * Make a new image at `path` and open it for writing. Once this is done the image is durable; if
   * it fails, or the program is interrupted, whatever had the name still has it.
   *
   * Throws {@linkcode ImageError} for options that break a rule, and {@linkcode HostError} if there
   * is a file already and {@linkcode ImageCreateOptions.overwrites} is not set, or if the file can't
   * be made.
   */
  static async create(path: string, options: ImageCreateOptions = {}): Promise<Image> {
    createFile(path, options);
    return await Image.open(path, { format: "qed", ...options, writable: true });
  }

  /** The path the image was opened by. */
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

  /** The name of the backing file as the image has it; undefined if there is none. */
  get backingName(): string | undefined {
    return this.#top.image?.backingName;
  }

  /** The paths of the files that were opened: the image, its backing file, and so on. */
  get paths(): readonly string[] {
    return this.#session.chain.layers.map(({ path }) => path);
  }

  /** Whether the image needs a check if it is not closed. */
  get isDirty(): boolean {
    return this.#top.image?.needsCheck ?? false;
  }

  /**
   * The check of an image that was dirty when it was opened: what it found and repaired, as soon as
   * it is done; undefined if there was nothing to check. Rejects if the check fails; the image then
   * takes no more writes.
   */
  get checked(): Promise<CheckResult | undefined> {
    return this.#session.checked;
  }

  /** The `length` bytes from `offset` on, in new memory. */
  read(offset: ByteCount, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fill `into` with the bytes from `offset` on, and answer it. */
  read<B extends Uint8Array>(offset: ByteCount, into: B): Promise<B>;
  async read(offset: ByteCount, target: number | Uint8Array): Promise<Uint8Array> {
    if (typeof target !== "number") requireBytes(target);
    const length = typeof target === "number" ? target : target.length;
    const { start } = this.#session.range(offset, length);
    const into = typeof target === "number" ? newMemory(target) : target;
    await this.#session.run(this.#session.chain.disk.read(start, into));
    return into;
  }

  /** Store `bytes` from `offset` on. They must not be changed before this is done. */
  async write(offset: ByteCount, bytes: Uint8Array): Promise<void> {
    requireBytes(bytes); // others have lengths too, in units that are no bytes
    const { start } = this.#session.range(offset, bytes.length);
    await this.#session.change(this.#session.chain.disk.write(start, bytes));
  }

  /** Make durable every write that was acknowledged before this was called. */
  async flush(): Promise<void> {
    await this.#session.change(this.#session.chain.disk.flush());
  }

  /** Have `length` bytes from `offset` on read as zeroes, taking as little space as possible. */
  async writeZeroes(offset: ByteCount, length: ByteCount): Promise<void> {
    const { start, lengthBytes } = this.#session.range(offset, length);
    await this.#session.change(this.#session.chain.disk.writeZeroes(start, lengthBytes));
  }

  /**
   * Say that `length` bytes from `offset` on are no longer needed. What is given back of the file
   * reads as zeroes afterwards, the rest as it did before; raw files stay as they are.
   */
  async discard(offset: ByteCount, length: ByteCount): Promise<void> {
    const { start, lengthBytes } = this.#session.range(offset, length);
    await this.#session.change(this.#session.chain.disk.discard(start, lengthBytes));
  }

  /**
   * Give the disk another size, in bytes, durably. What is added reads as zeroes. A smaller one is
   * refused unless `shrink` is set, and for QED even then if something would be lost; requests made
   * before are finished first.
   */
  async resize(size: ByteCount, options: ImageResizeOptions = {}): Promise<void> {
    await this.#session.change(
      this.#session.chain.disk.resize(byteCount("image size", size), options),
    );
  }

  /**
   * Check the tables, and change nothing. Reads and in-place writes go on meanwhile, allocating
   * writes wait. For QED images only.
   */
  async check(onProgress?: ProgressListener): Promise<CheckResult> {
    const { image } = this.#session.chain;
    return await this.#session.run(image.withAllocationLock(checkImage(image, onProgress)));
  }

  /**
   * Check the tables and make them consistent; other requests wait. Opening a dirty image for
   * writing does this already, but for the leaks. For QED images only.
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
   * The bytes from `start` to `end`, the whole disk if not given, as a stream. A byte stream: its
   * reader may bring its own buffer. Reads one chunk ahead of its reader and no further.
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
   * A stream that stores what is written to it from `start` on, 0 if not given. Closing it flushes.
   * Aborting it leaves what was written. It fails where the disk ends.
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
   * Where the parts of the disk are stored: `for await` over extents that cover it from `start`, 0
   * if not given, to its end, neighbours that are alike joined. What is written meanwhile may or may
   * not show.
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
   * Finish the requests made so far and a check that is going on, make everything durable, mark the
   * image clean, and close its files. Rejects if a write or flush fails; the files are closed all
   * the same, and the image stays dirty. Closing it again does nothing.
   */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** The same as {@linkcode Image.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Let go of the files at once, and of the locks on them. Requests under way fail. */
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
