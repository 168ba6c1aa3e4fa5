import * as fs from "node:fs";
import { libc } from "./libc.ts";
import { readCached } from "./read_cached.ts";
import type { ReadRequest, Request } from "./request.ts";
import type { AsyncStorage } from "./run_async.ts";
import type { SyncStorage } from "./run_sync.ts";
import { StorageError } from "./storage_error.ts";

/** How a file is opened: existing to read, existing to change, or new (truncating an old one). */
export type FileMode = "read-only" | "read-write" | "create" | "create-new";

const MODE_FLAGS: Record<FileMode, string> = {
  "read-only": "r",
  "read-write": "r+",
  "create": "w+",
  "create-new": "wx+",
};

const MAX_READS_AT_ONCE = 64;

/** The type of file systems whose files are in memory, on Linux: tmpfs. */
const TMPFS_TYPE = 0x01021994;

/** The advice to `posix_fadvise`, on Linux, that a range will be read soon. */
const POSIX_FADV_WILLNEED = 3;

/**
 * A file of the operating system, accessed with positional I/O. One instance serves the synchronous
 * and the asynchronous driver. A flush of scope "data" is `fdatasync`, one of scope "file" is
 * `fsync`.
 *
 * Deno cannot punch holes, so a discard writes zeroes: the range never reads as old data.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FileStorage } from "@powercut/powercut/lib";
 *
 * const path = Deno.makeTempFileSync();
 * {
 *   using file = FileStorage.open(path, "read-write");
 *   const bytes = new TextEncoder().encode("QED");
 *   file.perform({ kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" });
 *   await file.submit({ kind: "flush", file: 0, scope: "data", label: "example" });
 * }
 * assertEquals(Deno.readTextFileSync(path), "QED");
 * Deno.removeSync(path);
 * ```
 */
export class FileStorage implements SyncStorage, AsyncStorage, Disposable {
  /** The path given to {@linkcode FileStorage.open}. */
  readonly path: string;
  #descriptor: number;
  readonly #isInMemory: boolean;
  /** The number of asynchronous reads in a row that were answered without waiting. */
  #readsAtOnce = 0;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#isInMemory = isInMemory(path);
  }

  /** Open `path`. Throws the operating system's error (`ENOENT`, `EACCES` ...) if that fails. */
  static open(path: string, mode: FileMode): FileStorage {
    const descriptor = fs.openSync(path, MODE_FLAGS[mode], 0o644);
    if (!fs.fstatSync(descriptor).isDirectory()) return new FileStorage(path, descriptor);
    fs.closeSync(descriptor);
    throw Object.assign(new Error(`EISDIR: is a directory, open '${path}'`), { code: "EISDIR" });
  }

  /** Device and inode: equal if and only if two open files are the same file. */
  get identity(): string {
    const stat = fs.fstatSync(this.#openDescriptor(), { bigint: true });
    return `${stat.dev}:${stat.ino}`;
  }

  /**
   * Ask the system to fetch a range that will be read soon. Does not wait, and does nothing where
   * the system has no such call.
   */
  willRead(offsetBytes: number, lengthBytes: number): void {
    const advise = libc()?.posix_fadvise;
    advise?.(this.#openDescriptor(), BigInt(offsetBytes), BigInt(lengthBytes), POSIX_FADV_WILLNEED);
  }

  /** Perform one request with one system call; a transfer may be short. */
  perform(request: Request): number {
    try {
      return this.#perform(request);
    } catch (error) {
      throw asStorageError(error, request);
    }
  }

  /** Start one request without waiting for it; a transfer may be short. */
  async submit(request: Request): Promise<number> {
    try {
      return await this.#submit(request);
    } catch (error) {
      throw asStorageError(error, request);
    }
  }

  /** Close the file. Requests after this fail with `EBADF`. */
  close(): void {
    if (this.#descriptor < 0) return;
    fs.closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  /** The same as {@linkcode FileStorage.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #perform(request: Request): number {
    const descriptor = this.#openDescriptor();
    switch (request.kind) {
      case "read":
        return fs.readSync(descriptor, request.into, 0, request.into.length, request.offsetBytes);
      case "write": {
        const { bytes, offsetBytes } = request;
        return fs.writeSync(descriptor, bytes, 0, bytes.length, offsetBytes);
      }
      case "flush":
        if (request.scope === "data") fs.fdatasyncSync(descriptor);
        else fs.fsyncSync(descriptor);
        return 0;
      case "size":
        return fs.fstatSync(descriptor).size;
      case "resize":
        fs.ftruncateSync(descriptor, request.sizeBytes);
        return 0;
      case "discard":
        for (const [offsetBytes, zeroes] of zeroWrites(request, this.#sizeBytes())) {
          fs.writeSync(descriptor, zeroes, 0, zeroes.length, offsetBytes);
        }
        return 0;
    }
  }

  #submit(request: Request): Promise<number> {
    const descriptor = this.#openDescriptor();
    switch (request.kind) {
      case "read": {
        const count = this.#readAtOnce(descriptor, request);
        if (count !== undefined) return Promise.resolve(count);
        return new Promise((resolve, reject) =>
          fs.read(
            descriptor,
            request.into,
            0,
            request.into.length,
            request.offsetBytes,
            (error, count) => error ? reject(error) : resolve(count),
          )
        );
      }
      case "write":
        return new Promise((resolve, reject) =>
          fs.write(
            descriptor,
            request.bytes,
            0,
            request.bytes.length,
            request.offsetBytes,
            (error, count) => error ? reject(error) : resolve(count),
          )
        );
      case "flush":
        return new Promise((resolve, reject) => {
          const sync = request.scope === "data" ? fs.fdatasync : fs.fsync;
          sync(descriptor, (error) => error ? reject(error) : resolve(0));
        });
      case "size":
      case "resize":
      case "discard":
        // Fast or rare requests do not justify a second implementation.
        return Promise.resolve(this.#perform(request));
    }
  }

  /**
   * Read bytes that the system already has in memory: five times as fast as a read on another
   * thread (8 KiB, measured). After {@linkcode MAX_READS_AT_ONCE} of these one read goes to the
   * other thread, so that timers and signals are served.
   */
  #readAtOnce(descriptor: number, { into, offsetBytes }: ReadRequest): number | undefined {
    if (this.#readsAtOnce === MAX_READS_AT_ONCE) {
      this.#readsAtOnce = 0;
      return undefined;
    }
    const count = this.#isInMemory
      ? fs.readSync(descriptor, into, 0, into.length, offsetBytes)
      : readCached(descriptor, into, offsetBytes);
    if (count !== undefined) this.#readsAtOnce++;
    return count;
  }

  #sizeBytes(): number {
    return fs.fstatSync(this.#descriptor).size;
  }

  /** The descriptor; throws `EBADF` for a closed file, which a call with -1 would not. */
  #openDescriptor(): number {
    if (this.#descriptor >= 0) return this.#descriptor;
    throw Object.assign(new Error("EBADF: the file is closed"), { code: "EBADF" });
  }
}

/** Whether a file is on tmpfs, which keeps it in memory and cannot report which pages it has. */
function isInMemory(path: string): boolean {
  const permission = Deno.permissions.querySync({ name: "sys", kind: "statfs" });
  if (Deno.build.os !== "linux" || permission.state !== "granted") return false;
  try {
    return fs.statfsSync(path).type === TMPFS_TYPE;
  } catch {
    return false; // the file no longer exists
  }
}

const ZEROES = new Uint8Array(1 << 20);

function* zeroWrites(
  range: { readonly offsetBytes: number; readonly lengthBytes: number },
  sizeBytes: number,
): Generator<[number, Uint8Array]> {
  const endBytes = Math.min(range.offsetBytes + range.lengthBytes, sizeBytes);
  for (let offset = range.offsetBytes; offset < endBytes; offset += ZEROES.length) {
    yield [offset, ZEROES.subarray(0, Math.min(ZEROES.length, endBytes - offset))];
  }
}

function asStorageError(error: unknown, request: Request): unknown {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? new StorageError(code, request) : error;
}
