import { type Request, StorageError, type SyncStorage } from "../../lib/storage/mod.ts";
import type { ByteSource } from "../log/write_log.ts";

/**
 * Bytes of a page, the unit in which changes are kept.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { STORAGE_PAGE_BYTES } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(STORAGE_PAGE_BYTES % 512, 0);
 * ```
 */
export const STORAGE_PAGE_BYTES = 4096;
/** Every page that is cleared as a whole: a file can be cut by a lot. */
const ZEROES = new Uint8Array(STORAGE_PAGE_BYTES);

/**
 * A file in memory that starts as a copy of a {@linkcode ByteSource} and keeps only changes. Unlike
 * `SparseFile` it reads pages of its base when they are first needed, and a fork costs no bytes:
 * the explorer forks it for every crash point.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PagedStorage, storageSource } from "@powercut/powercut/harness/advanced";
 * import { MemoryStorage } from "@powercut/powercut/lib";
 *
 * const base = new MemoryStorage(new Uint8Array(2 ** 20));
 * const copy = new PagedStorage(storageSource(base));
 * const bytes = new Uint8Array([1]);
 * copy.perform({ kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" });
 * assertEquals(base.toBytes()[0], 0);
 * ```
 */
export class PagedStorage implements SyncStorage {
  readonly #base: ByteSource;
  readonly #pages = new Map<number, Uint8Array>();
  /** Pages that no other storage shares. */
  readonly #own = new Set<number>();
  #sizeBytes: number;

  /** Start with the contents of `base`. */
  constructor(base: ByteSource) {
    this.#base = base;
    this.#sizeBytes = base.sizeBytes;
  }

  /** Perform one request. */
  perform(request: Request): number {
    switch (request.kind) {
      case "read": {
        const count = Math.max(
          0,
          Math.min(request.into.length, this.#sizeBytes - request.offsetBytes),
        );
        this.read(request.offsetBytes, request.into.subarray(0, count));
        return count;
      }
      case "write":
        // As files do: they end somewhere.
        if (!Number.isSafeInteger(request.offsetBytes) || request.offsetBytes < 0) {
          throw new StorageError("EINVAL", request);
        }
        this.write(request.offsetBytes, request.bytes.length, request.bytes);
        return request.bytes.length;
      case "size":
        return this.#sizeBytes;
      case "resize":
        this.resize(request.sizeBytes);
        return 0;
      case "discard": {
        const { offsetBytes } = request;
        const end = Math.min(this.#sizeBytes, offsetBytes + request.lengthBytes);
        if (end > offsetBytes) this.write(offsetBytes, end - offsetBytes, undefined);
        return 0;
      }
      case "flush":
        return 0;
    }
  }

  /** The size in bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A copy; each changes by itself from here on. Costs a little for each page, and no bytes. */
  fork(): PagedStorage {
    const copy = new PagedStorage(this.#base);
    copy.#sizeBytes = this.#sizeBytes;
    for (const [index, page] of this.#pages) copy.#pages.set(index, page);
    this.#own.clear();
    return copy;
  }

  /** Fill `into` with the bytes from `offsetBytes` on, whatever the size is. */
  read(offsetBytes: number, into: Uint8Array): void {
    this.#eachPiece(offsetBytes, into.length, (index, inPage, from, length) => {
      into.set(this.#page(index).subarray(inPage, inPage + length), from);
    });
  }

  /** Store `bytes`, or zeroes, growing the file where needed. */
  write(offsetBytes: number, lengthBytes: number, bytes: Uint8Array | undefined): void {
    this.#eachPiece(offsetBytes, lengthBytes, (index, inPage, from, length) => {
      if (!bytes && length === STORAGE_PAGE_BYTES) {
        this.#own.delete(index);
        this.#pages.set(index, ZEROES);
        return;
      }
      const page = this.#ownPage(index, length);
      if (bytes) page.set(bytes.subarray(from, from + length), inPage);
      else page.fill(0, inPage, inPage + length);
    });
    this.#sizeBytes = Math.max(this.#sizeBytes, offsetBytes + lengthBytes);
  }

  /** Set the size; bytes cut off do not come back when the file grows. */
  resize(sizeBytes: number): void {
    const before = this.#sizeBytes;
    if (sizeBytes < before) this.write(sizeBytes, before - sizeBytes, undefined);
    this.#sizeBytes = sizeBytes;
  }

  /** The changed pages with their numbers; do not change them. */
  pages(): Iterable<readonly [page: number, bytes: Uint8Array]> {
    return this.#pages;
  }

  #eachPiece(
    offsetBytes: number,
    lengthBytes: number,
    visit: (index: number, inPage: number, from: number, length: number) => void,
  ): void {
    for (let from = 0; from < lengthBytes;) {
      const at = offsetBytes + from;
      const inPage = at % STORAGE_PAGE_BYTES;
      const length = Math.min(lengthBytes - from, STORAGE_PAGE_BYTES - inPage);
      visit((at - inPage) / STORAGE_PAGE_BYTES, inPage, from, length);
      from += length;
    }
  }

  #page(index: number): Uint8Array {
    let page = this.#pages.get(index);
    if (!page) {
      page = new Uint8Array(STORAGE_PAGE_BYTES);
      this.#base.read(index * STORAGE_PAGE_BYTES, page);
      this.#pages.set(index, page);
    }
    return page;
  }

  /** A page of which `count` bytes are about to be written. */
  #ownPage(index: number, writtenBytes: number): Uint8Array {
    if (this.#own.has(index)) return this.#pages.get(index)!;
    const isNew = writtenBytes === STORAGE_PAGE_BYTES;
    const page = isNew ? new Uint8Array(STORAGE_PAGE_BYTES) : this.#page(index).slice();
    this.#pages.set(index, page);
    this.#own.add(index);
    return page;
  }
}
