import { encodeLog } from "../../../harness/log/log_file.ts";
import { bytesSource } from "../../../harness/log/write_log.ts";
import { EventFile, Recorder } from "../../../harness/advanced.ts";
import type { OrderingProfile } from "../../../lib/mod.ts";
import { AsyncDriver, type Filter, filtered, type Operation, type Turn } from "../../../lib/mod.ts";
import { ImageChain, type ImageFormat } from "../../../lib/chain/mod.ts";
import { ImageDisk } from "../../../lib/api/nbd_disk.ts";
import { type ServedDisk, StorageDisk } from "../../../lib/nbd/mod.ts";
import { Image } from "../../../mod.ts";
import { faultFilters, type LiveFault } from "./live_faults.ts";

/** The image to serve, and the filters between it and the file. */
export interface ServingOptions {
  /** The image's path. */
  readonly path: string;
  /** Its format; found out if not given. */
  readonly format?: ImageFormat;
  /** Whether clients may write. */
  readonly isWritable: boolean;
  /** In which order a QED image is written. */
  readonly profile?: OrderingProfile;
  /** Whether writes past the end of a raw file make it larger. */
  readonly grows: boolean;
  /** The file to log requests in. */
  readonly logPath?: string;
  /** The delay of writes and flushes, in milliseconds. */
  readonly delayMs: number;
  /** The faults to inject. */
  readonly faults: readonly LiveFault[];
  /** Called when a fault happens. */
  readonly onFault: (message: string) => void;
}

/** A disk that is being served. */
export interface ServedImage {
  readonly disk: ServedDisk;
  readonly format: ImageFormat;
  /** Make everything durable, leave the image clean, and complete the log. */
  close(): Promise<void>;
}

/**
 * Open an image to be served. Between it, or a raw file, and the system are the recorder, and behind
 * that the faults: the log has a request that failed as one that failed.
 */
export async function openServed(options: ServingOptions): Promise<ServedImage> {
  // Before the log is begun: it must not replace one where there is nothing to serve.
  const opened = options.format === "raw" ? openRaw(options) : await openImage(options);
  try {
    const events = options.logPath === undefined ? undefined : openLog(options.logPath);
    if (events) opened.filters.push(new Recorder({ base: new Uint8Array(0), events }).filter);
    if (options.delayMs > 0) opened.filters.push(slow(options.delayMs));
    opened.filters.push(...faultFilters(options.faults, options.onFault));
    return {
      disk: opened.disk,
      format: opened.format,
      async close() {
        using _events = events;
        await opened.close();
      },
    };
  } catch (error) {
    opened.abandon();
    throw error;
  }
}

/** Storage that takes its time: what clients have in flight together shows in the log as such. */
function slow(delayMs: number): Filter {
  return function* (request) {
    if (request.kind === "write" || request.kind === "flush") {
      yield { kind: "wait", turn: new Delay(delayMs), label: "slow storage" };
    }
    return yield request;
  };
}

/** A turn that comes after a time. */
class Delay implements Turn {
  readonly isReady = false;
  readonly #delayMs: number;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  whenReady(go: () => void): void {
    setTimeout(go, this.#delayMs);
  }
}

/** A disk whose requests go through `filters`, as soon as there are any. */
interface Opened {
  readonly disk: ServedDisk;
  readonly format: ImageFormat;
  readonly filters: Filter[];
  close(): Promise<void>;
  abandon(): void;
}

async function openImage(options: ServingOptions): Promise<Opened> {
  const { path, format, isWritable, profile, logPath } = options;
  const filters: Filter[] = [];
  const image = await Image.open(path, {
    writable: isWritable,
    filters,
    ...(format && { format }),
    ...(profile && { profile }),
  });
  return {
    disk: new ImageDisk(image, { isWritable, canForceWrites: logPath === undefined }),
    format: image.format,
    filters,
    async close() {
      await using _image = image;
      // An image that has failed is closed without a word: what was not durable may be gone.
      if (isWritable) await image.flush();
    },
    abandon: () => image[Symbol.dispose](),
  };
}

/** A raw file as storage: what clients ask for is all that happens to it. */
function openRaw({ path, isWritable, grows }: ServingOptions): Opened {
  const filters: Filter[] = [];
  const chain = ImageChain.open(path, { format: "raw", writable: isWritable });
  const driver = new AsyncDriver(chain.files);
  const disk = new StorageDisk({
    run: <T>(operation: Operation<T>) =>
      driver.run(filters.length === 0 ? operation : filtered(operation, ...filters)),
    sizeBytes: chain.top.fileBytes,
    isWritable,
    canGrow: grows,
  });
  return {
    disk,
    format: "raw",
    filters,
    async close() {
      using _chain = chain;
      // Not through the recorder: no client has asked for it.
      if (isWritable) await driver.run(chain.disk.flush());
    },
    abandon: () => chain[Symbol.dispose](),
  };
}

/** A log without its base: the image as it was before is a file of its own. */
function openLog(path: string): EventFile {
  const nothing = bytesSource(new Uint8Array(0));
  return new EventFile(path, encodeLog({ base: nothing, guestBase: nothing, events: [] }));
}
