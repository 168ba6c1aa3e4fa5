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

/** The time without allocating writes after which an image is marked clean, as in QEMU. */
const IDLE_MS = 5000;

/** An open chain and the requests that run on it, from opening to closing. */
export class ImageSession implements Disposable {
  /** The files. */
  readonly chain: ImageChain;
  /** The check that started when the image was opened. */
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

  /** Start the repair of a dirty image, and wait for it unless it runs in the background. */
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
    // The repair starts before any request can be made.
    this.checked = this.run(image.withAllocationLock(repair)).then((result) => {
      if (image.failure) throw image.failure;
      return result;
    }).catch((error) => {
      image.failure ??= error as Error;
      throw error;
    });
    // If the promise is ignored, the next write reports the failure.
    this.checked.catch(() => {});
    if (check !== "background") await this.checked;
  }

  /** Run a request. Throws {@linkcode ImageError} if the image is closed. */
  run<T>(operation: Operation<T>): Promise<T> {
    this.#assertOpen();
    return this.#drive(operation);
  }

  /** Run a request that may change the image; if it allocates, the idle time starts again. */
  async change<T>(operation: Operation<T>): Promise<T> {
    try {
      return await this.run(operation);
    } finally {
      this.#noteChange();
    }
  }

  /** Convert and check a range. Throws {@linkcode ImageError} for one outside the disk. */
  range(offset: ByteCount, length: ByteCount): { start: bigint; lengthBytes: bigint } {
    this.#assertOpen();
    const start = byteCount("offset", offset);
    const lengthBytes = byteCount("length", length);
    assertInside(start, lengthBytes, this.chain.guestBytes);
    return { start, lengthBytes };
  }

  /** Finish everything and close the files; a second call returns the promise of the first one. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Close the files. */
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

  /** Mark the idle image clean. */
  #settle(): void {
    if (!this.#isOpen) return;
    // After a failure the image takes no more writes, and reports the reason.
    this.run(settleImage(this.chain.image)).catch(() => {});
  }

  get #isOpen(): boolean {
    return !this.#closing && !this.#files.isClosed;
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new ImageError("the image is closed");
  }
}

/** Throw {@linkcode ImageError} for options that the type checker would reject, or cannot check. */
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
  // A profile with missing rules would flush nothing.
  if (profile !== undefined && typeof profile?.needCheck !== "string") {
    throw new ImageError(`invalid profile ${profile}: must be an ordering profile such as STRICT`);
  }
}

function refuseUnknown(name: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  throw new ImageError(`invalid ${name} ${value}: must be one of ${known.join(", ")}`);
}
