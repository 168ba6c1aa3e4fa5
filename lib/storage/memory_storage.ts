import type { Request } from "./request.ts";
import type { SyncStorage } from "./run_sync.ts";
import { StorageError } from "./storage_error.ts";

/** Settings of a {@linkcode MemoryStorage}. */
export interface MemoryStorageOptions {
  /** The largest size in bytes; growing past it fails with `ENOSPC`. */
  readonly capacityBytes?: number;
}

/**
 * A file in memory, for tests and small images, in one buffer that grows by doubling: its contents
 * are at hand as bytes, and it can be full. Bytes never written read as zeroes. For files that are
 * large and mostly empty, there is `SparseFile`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MemoryStorage } from "@powercut/powercut/lib";
 *
 * const storage = new MemoryStorage();
 * const bytes = new TextEncoder().encode("QED");
 * storage.perform({ kind: "write", file: 0, offsetBytes: 2, bytes, label: "data" });
 * assertEquals(storage.toBytes(), new Uint8Array([0, 0, 81, 69, 68]));
 * ```
 */
export class MemoryStorage implements SyncStorage {
  #buffer: Uint8Array;
  #sizeBytes: number;
  readonly #capacityBytes: number;

  /** Start with a copy of `initial`, or empty. */
  constructor(initial: Uint8Array = new Uint8Array(0), options: MemoryStorageOptions = {}) {
    this.#buffer = initial.slice();
    this.#sizeBytes = initial.length;
    this.#capacityBytes = options.capacityBytes ?? Number.MAX_SAFE_INTEGER;
  }

  /** The size in bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A copy of the contents. */
  toBytes(): Uint8Array {
    return this.#buffer.slice(0, this.#sizeBytes);
  }

  /** Perform one request. Throws {@linkcode StorageError} with `ENOSPC` past the capacity. */
  perform(request: Request): number {
    switch (request.kind) {
      case "read":
        return this.#read(request.offsetBytes, request.into);
      case "write": {
        const endBytes = request.offsetBytes + request.bytes.length;
        if (endBytes > this.#sizeBytes) this.#setSize(endBytes, request);
        this.#buffer.set(request.bytes, request.offsetBytes);
        return request.bytes.length;
      }
      case "size":
        return this.#sizeBytes;
      case "resize":
        this.#setSize(request.sizeBytes, request);
        return 0;
      case "discard": {
        const endBytes = Math.min(this.#sizeBytes, request.offsetBytes + request.lengthBytes);
        this.#buffer.fill(0, Math.min(request.offsetBytes, endBytes), endBytes);
        return 0;
      }
      case "flush":
        return 0;
    }
  }

  #read(offsetBytes: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.#sizeBytes - offsetBytes));
    into.set(this.#buffer.subarray(offsetBytes, offsetBytes + count));
    return count;
  }

  #setSize(sizeBytes: number, request: Request): void {
    if (sizeBytes > this.#capacityBytes) throw new StorageError("ENOSPC", request);
    if (sizeBytes > this.#buffer.length) {
      const grown = new Uint8Array(
        Math.min(Math.max(sizeBytes, 2 * this.#buffer.length), this.#capacityBytes),
      );
      grown.set(this.#buffer.subarray(0, this.#sizeBytes));
      this.#buffer = grown;
    } else {
      // Bytes cut off by a shrink must not reappear when the file grows.
      this.#buffer.fill(0, Math.min(sizeBytes, this.#sizeBytes), this.#sizeBytes);
    }
    this.#sizeBytes = sizeBytes;
  }
}
