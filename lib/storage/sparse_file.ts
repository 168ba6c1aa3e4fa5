import * as fs from "node:fs";
import { type Request, StorageError, type SyncStorage } from "./mod.ts";

/** The unit in which contents are kept in memory, in bytes. */
export const PAGE_BYTES = 4096;
const ZEROES = new Uint8Array(PAGE_BYTES);
/** The unit in which {@linkcode SparseFile.load} reads, in bytes: whole pages. */
const LOAD_BYTES = 256 * PAGE_BYTES;

/** The largest file that requests can make, in bytes: the largest exact number. */
export const MAX_FILE_BYTES = Number.MAX_SAFE_INTEGER;

/**
 * A file in memory that costs what was written to it, whatever its size: hostile images claim
 * petabytes. Bytes never written are zero. A copy shares its pages with the original until one of
 * the two writes to them.
 */
export class SparseFile implements SyncStorage {
  #sizeBytes: number;
  readonly #pages = new Map<number, Uint8Array>();
  /** Pages of {@linkcode SparseFile.#pages} that a copy has as well. */
  readonly #shared = new Set<Uint8Array>();

  /** A file of `sizeBytes` zeroes; with `base`, a copy of it, cut or extended to that size. */
  constructor(sizeBytes = 0, base?: SparseFile) {
    this.#sizeBytes = base?.sizeBytes ?? sizeBytes;
    if (!base) return;
    for (const [index, page] of base.#pages) {
      this.#pages.set(index, page);
      this.#shared.add(page);
      base.#shared.add(page);
    }
    this.resize(sizeBytes);
  }

  /** The size in bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A file of its own with the same contents. */
  fork(): SparseFile {
    return new SparseFile(this.#sizeBytes, this);
  }

  /** Perform one request. Throws {@linkcode StorageError} `EFBIG` past {@linkcode MAX_FILE_BYTES}. */
  perform(request: Request): number {
    switch (request.kind) {
      case "read":
        return this.readInto(request.offsetBytes, request.into);
      case "write":
        if (request.offsetBytes + request.bytes.length > MAX_FILE_BYTES) {
          throw new StorageError("EFBIG", request);
        }
        this.write(request.offsetBytes, request.bytes);
        return request.bytes.length;
      case "size":
        return this.#sizeBytes;
      case "resize":
        if (request.sizeBytes > MAX_FILE_BYTES) throw new StorageError("EFBIG", request);
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

  /** Fill `into` from `offsetBytes` on; returns how many bytes the file has there. */
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

  /** `lengthBytes` bytes from `offsetBytes` on; zeroes past the end of the file. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(lengthBytes);
    this.readInto(offsetBytes, bytes);
    return bytes;
  }

  /** Store `bytes` at `offsetBytes`; the file grows where needed. */
  write(offsetBytes: number, bytes: Uint8Array): void {
    this.grow(offsetBytes + bytes.length);
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
    this.grow(end);
    if (value === 0) this.#zero(offsetBytes, end);
    else this.write(offsetBytes, new Uint8Array(lengthBytes).fill(value));
  }

  /** Make the file at least `sizeBytes` long. */
  grow(sizeBytes: number): void {
    this.#sizeBytes = Math.max(sizeBytes, this.#sizeBytes);
  }

  /** Set the size; bytes that are cut off are lost. */
  resize(sizeBytes: number): void {
    if (sizeBytes < this.#sizeBytes) this.#zero(sizeBytes, this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** The page that holds `offsetBytes`, or undefined where the file holds zeroes only. */
  page(offsetBytes: number): Uint8Array | undefined {
    return this.#pages.get(Math.floor(offsetBytes / PAGE_BYTES));
  }

  /** The ranges that may differ from zero, in order: offset and length in bytes. */
  ranges(): [offsetBytes: number, lengthBytes: number][] {
    return [...this.#pages.keys()].map((index) => index * PAGE_BYTES)
      .filter((start) => start < this.#sizeBytes).sort((a, b) => a - b)
      .map((start) => [start, Math.min(PAGE_BYTES, this.#sizeBytes - start)]);
  }

  /** Write the file to `path`, with holes for pages never written. Throws the system's error. */
  save(path: string): void {
    const file = fs.openSync(path, "w");
    try {
      fs.ftruncateSync(file, this.#sizeBytes);
      for (const [offset, length] of this.ranges()) {
        fs.writeSync(file, this.page(offset)!, 0, length, offset);
      }
    } finally {
      fs.closeSync(file);
    }
  }

  /** The contents of the file at `path`; memory is taken for pages that are not zero only. */
  static load(path: string): SparseFile {
    const file = fs.openSync(path, "r");
    try {
      const loaded = new SparseFile(fs.fstatSync(file).size);
      const block = new Uint8Array(LOAD_BYTES);
      for (let at = 0; at < loaded.sizeBytes;) {
        const count = fs.readSync(file, block, 0, block.length, at);
        if (count === 0) break;
        for (let done = 0; done < count; done += PAGE_BYTES) {
          const page = block.subarray(done, Math.min(count, done + PAGE_BYTES));
          if (page.some((byte) => byte !== 0)) loaded.write(at + done, page);
        }
        at += count;
      }
      return loaded;
    } finally {
      fs.closeSync(file);
    }
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
