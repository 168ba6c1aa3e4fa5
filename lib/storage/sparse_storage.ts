import * as fs from "node:fs";
import { type Request, StorageError, type SyncStorage } from "./mod.ts";

/** What is kept or not kept as a whole, in bytes. */
export const PAGE_BYTES = 4096;
const ZEROES = new Uint8Array(PAGE_BYTES);

/** The largest file here: what a number can count. */
export const MOST_FILE_BYTES = Number.MAX_SAFE_INTEGER;

/**
 * A file in memory that costs what was written to it, whatever its size: hostile images claim
 * petabytes. A copy shares its pages with the original until one of them is written.
 */
export class SparseStorage implements SyncStorage {
  #sizeBytes = 0;
  readonly #pages = new Map<number, Uint8Array>();
  /** Pages of {@linkcode SparseStorage.#pages} that a copy has as well. */
  readonly #shared = new Set<Uint8Array>();

  /** The size in bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A file of its own with the same contents. */
  fork(): SparseStorage {
    const copy = new SparseStorage();
    copy.#sizeBytes = this.#sizeBytes;
    for (const [index, page] of this.#pages) {
      copy.#pages.set(index, page);
      copy.#shared.add(page);
      this.#shared.add(page);
    }
    return copy;
  }

  /** Perform one request. Throws {@linkcode StorageError} for what is past the largest size. */
  perform(request: Request): number {
    switch (request.kind) {
      case "read":
        return this.readInto(request.offsetBytes, request.into);
      case "write":
        if (request.offsetBytes + request.bytes.length > MOST_FILE_BYTES) {
          throw new StorageError("EFBIG", request);
        }
        this.write(request.offsetBytes, request.bytes);
        return request.bytes.length;
      case "size":
        return this.#sizeBytes;
      case "resize":
        if (request.sizeBytes > MOST_FILE_BYTES) throw new StorageError("EFBIG", request);
        this.resize(request.sizeBytes);
        return 0;
      case "discard": {
        const end = Math.min(this.#sizeBytes, request.offsetBytes + request.lengthBytes);
        if (end > request.offsetBytes) this.#zero(request.offsetBytes, end);
        return 0;
      }
      case "flush":
        return 0;
    }
  }

  /** Fill `into` from `offsetBytes` on; answers how many bytes the file has there. */
  readInto(offsetBytes: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.#sizeBytes - offsetBytes));
    for (let done = 0; done < count;) {
      const inPage = (offsetBytes + done) % PAGE_BYTES;
      const length = Math.min(PAGE_BYTES - inPage, count - done);
      const page = this.#pages.get((offsetBytes + done - inPage) / PAGE_BYTES);
      if (page) into.set(page.subarray(inPage, inPage + length), done);
      else into.fill(0, done, done + length);
      done += length;
    }
    return count;
  }

  /** `lengthBytes` bytes from `offsetBytes` on; past the end of the file zeroes. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(lengthBytes);
    this.readInto(offsetBytes, bytes);
    return bytes;
  }

  /** Store bytes; the file grows where needed. */
  write(offsetBytes: number, bytes: Uint8Array): void {
    this.#sizeBytes = Math.max(this.#sizeBytes, offsetBytes + bytes.length);
    for (let done = 0; done < bytes.length;) {
      const inPage = (offsetBytes + done) % PAGE_BYTES;
      const length = Math.min(PAGE_BYTES - inPage, bytes.length - done);
      const page = this.#ownPage((offsetBytes + done - inPage) / PAGE_BYTES);
      page.set(bytes.subarray(done, done + length), inPage);
      done += length;
    }
  }

  /** Fill a range with one value; the file grows where needed. Whole pages of zeroes cost nothing. */
  fill(offsetBytes: number, lengthBytes: number, value: number): void {
    const end = offsetBytes + lengthBytes;
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
    if (value === 0) this.#zero(offsetBytes, end);
    else this.write(offsetBytes, new Uint8Array(lengthBytes).fill(value));
  }

  /** Set the size; what is cut off is lost. */
  resize(sizeBytes: number): void {
    if (sizeBytes < this.#sizeBytes) this.#zero(sizeBytes, this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** The page that holds `offsetBytes`, or undefined where nothing but zeroes was written. */
  page(offsetBytes: number): Uint8Array | undefined {
    return this.#pages.get(Math.floor(offsetBytes / PAGE_BYTES));
  }

  /** Write the file to `path`, with holes where nothing is. Throws the system's error. */
  save(path: string): void {
    const file = fs.openSync(path, "w");
    try {
      fs.ftruncateSync(file, this.#sizeBytes);
      for (const [index, page] of this.#pages) {
        const offset = index * PAGE_BYTES;
        if (offset >= this.#sizeBytes) continue;
        fs.writeSync(file, page, 0, Math.min(PAGE_BYTES, this.#sizeBytes - offset), offset);
      }
    } finally {
      fs.closeSync(file);
    }
  }

  /** What the file at `path` holds, which must not be large: all of it is read. */
  static load(path: string): SparseStorage {
    const bytes = fs.readFileSync(path);
    const storage = new SparseStorage();
    storage.resize(bytes.length);
    for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
      const page = bytes.subarray(at, at + PAGE_BYTES);
      if (page.some((byte) => byte !== 0)) storage.write(at, page);
    }
    return storage;
  }

  #zero(startBytes: number, endBytes: number): void {
    const clear = (index: number) => {
      const at = index * PAGE_BYTES;
      const [from, to] = [Math.max(0, startBytes - at), Math.min(PAGE_BYTES, endBytes - at)];
      if (from === 0 && to === PAGE_BYTES) this.#pages.delete(index);
      else this.#ownPage(index).fill(0, from, to);
    };
    const [first, end] = [Math.floor(startBytes / PAGE_BYTES), Math.ceil(endBytes / PAGE_BYTES)];
    if (end - first > this.#pages.size) {
      for (const index of [...this.#pages.keys()]) if (index >= first && index < end) clear(index);
    } else {
      for (let index = first; index < end; index++) if (this.#pages.has(index)) clear(index);
    }
  }

  #ownPage(index: number): Uint8Array {
    const page = this.#pages.get(index);
    if (page && !this.#shared.has(page)) return page;
    const own = (page ?? ZEROES).slice();
    this.#pages.set(index, own);
    return own;
  }
}
