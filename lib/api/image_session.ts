import { describeError, HostError, IMAGE_FORMATS, ImageChain } from "../chain/mod.ts";
import {
  assertInside,
  type CheckResult,
  ImageError,
  repairImage,
  settleImage,
} from "../qed/mod.ts";
import { AsyncDriver, type Filter, filtered, type Operation } from "../storage/mod.ts";
import { byteCount } from "./byte_count.ts";
import { IdleTimer, startSystemTimer } from "../storage/idle_timer.ts";
import { OpenFiles } from "./open_files.ts";
import type { ByteCount, ImageOpenOptions } from "./options.ts";

/** After how long without an allocating write an image is made clean, as in QEMU. */
const IDLE_MS = 5000;

/** A chain that is open, and the requests that run on it, from opening to closing. */
export class ImageSession implements Disposable {
  /** The files. */
  readonly chain: ImageChain;
  /** The check that began when the image was opened. */
  checked: Promise<CheckResult | undefined> = Promise.resolve(undefined);
  readonly #files: OpenFiles;
  readonly #driver: AsyncDriver;
  readonly #filters: readonly Filter[];
  readonly #idle: IdleTimer;
  #tableChanges = 0;
  #closing: Promise<void> | undefined;

  private constructor(chain: ImageChain, options: ImageOpenOptions) {
    this.chain = chain;
    this.#files = new OpenFiles(chain);
    const { maxInFlight, idleMs = IDLE_MS, startTimer = startSystemTimer } = options;
    this.#driver = new AsyncDriver(
      this.#files.storages,
      maxInFlight === undefined ? {} : { maxInFlight },
    );
    this.#filters = options.filters ?? [];
    this.#idle = new IdleTimer({ delayMs: idleMs, startTimer, onIdle: () => this.#settle() });
  }

  /** Open the image at `path`; see `Image.open`. */
  static async open(path: string, options: ImageOpenOptions): Promise<ImageSession> {
    refuseBadSettings(options);
    const chain = ImageChain.open(path, { ...options, skipRepair: true });
    const session = new ImageSession(chain, options);
    try {
      if (options.writable) await session.#prepare(options);
      return session;
    } catch (error) {
      session[Symbol.dispose]();
      throw new HostError(`Could not open '${path}': ${describeError(error)}`, { cause: error });
    }
  }

  /** Check a dirty image, now or while it is in use. */
  async #prepare({ onCheckProgress: progress, check }: ImageOpenOptions): Promise<void> {
    const { image, isProbed } = this.chain.top;
    if (!image && isProbed) {
      throw new HostError("Looks like a raw image; to write to it, name the format: raw");
    }
    if (!image?.needsCheck) return;
    const repair = repairImage(image, {
      corruptions: true,
      leaks: false,
      ...(progress && { progress }),
    });
    // It begins here and now, before any request can be made.
    this.checked = this.run(image.withAllocationLock(repair)).then((result) => {
      if (image.failure) throw image.failure;
      return result;
    }).catch((error) => {
      image.failure ??= error as Error;
      throw error;
    });
    // Who does not ask for it learns of its failure from the next write.
    this.checked.catch(() => {});
    if (check !== "background") await this.checked;
  }

  /** Run a request. Throws {@linkcode ImageError} if the image is closed. */
  run<T>(operation: Operation<T>): Promise<T> {
    this.#assertOpen();
    return this.#drive(operation);
  }

  /** Run a request that may change the image: if it allocates, being idle begins anew. */
  async change<T>(operation: Operation<T>): Promise<T> {
    try {
      return await this.run(operation);
    } finally {
      this.#noteChange();
    }
  }

  /** A range of the disk. Throws {@linkcode ImageError} if it is outside. */
  range(offset: ByteCount, length: ByteCount): { start: bigint; lengthBytes: bigint } {
    this.#assertOpen();
    const start = byteCount("offset", offset);
    const lengthBytes = byteCount("length", length);
    assertInside(start, lengthBytes, this.chain.guestBytes);
    return { start, lengthBytes };
  }

  /** Finish everything and close the files; again, it answers what the first time did. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Let go of the files. */
  [Symbol.dispose](): void {
    this.#idle.stop();
    this.#files[Symbol.dispose]();
  }

  async #close(): Promise<void> {
    if (this.#files.isClosed) return;
    this.#idle.stop();
    try {
      await this.#drive(this.chain.disk.close());
    } finally {
      this[Symbol.dispose]();
    }
  }

  #drive<T>(operation: Operation<T>): Promise<T> {
    const isPlain = this.#filters.length === 0;
    return this.#driver.run(isPlain ? operation : filtered(operation, ...this.#filters));
  }

  #noteChange(): void {
    const { image } = this.chain.top;
    if (!image || image.tableChanges === this.#tableChanges || !this.#isOpen) return;
    this.#tableChanges = image.tableChanges;
    if (image.needsCheck) this.#idle.restart();
  }

  /** Nothing was allocated for a while: make the image clean. */
  #settle(): void {
    if (!this.#isOpen) return;
    // If it fails the image takes no more writes, and says why.
    this.run(settleImage(this.chain.image)).catch(() => {});
  }

  get #isOpen(): boolean {
    return !this.#closing && !this.#files.isClosed;
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new ImageError("the image is closed");
  }
}

/** What a caller without a type checker may have got wrong. */
function refuseBadSettings(options: ImageOpenOptions): void {
  const { maxInFlight = 1, l2CacheTables = 1, idleMs = 0, profile } = options;
  for (const [name, value] of Object.entries({ maxInFlight, l2CacheTables })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new ImageError(`invalid ${name} ${value}: must be a whole number from 1 on`);
  }
  if (!(idleMs >= 0)) throw new ImageError(`invalid idleMs ${idleMs}: must not be negative`);
  refuseUnknown("format", options.format, IMAGE_FORMATS);
  refuseUnknown("layout", options.layout, ["final", "rfc"]);
  refuseUnknown("check", options.check, ["first", "background"]);
  // A profile without its rules would be one without flushes.
  if (profile !== undefined && typeof profile?.needCheck !== "string") {
    throw new ImageError(`invalid profile ${profile}: must be an ordering profile such as STRICT`);
  }
}

function refuseUnknown(name: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  throw new ImageError(`invalid ${name} ${value}: must be one of ${known.join(", ")}`);
}
