import * as fs from "node:fs";
import { Buffer } from "node:buffer";
import { type ByteSource, type PagedStorage, STORAGE_PAGE_BYTES } from "../../harness/advanced.ts";
import { HoleFinder } from "../../lib/chain/holes.ts";
import { FullError } from "./qemu_tool_error.ts";

const ZEROES = new Uint8Array(STORAGE_PAGE_BYTES);

/** A file in memory, without its zeroes: disk images are mostly that. */
export class SparseImage implements ByteSource {
  /** Its size in bytes. */
  readonly sizeBytes: number;
  readonly #pages = new Map<number, Uint8Array>();

  /** Read the file at `path`. */
  constructor(path: string) {
    this.sizeBytes = fs.statSync(path).size;
    using holes = new HoleFinder(path);
    const file = fs.openSync(path, "r");
    try {
      let at = 0;
      for (let data = holes.nextData(at); data; data = holes.nextData(at)) {
        const from = Math.floor(data.startBytes / STORAGE_PAGE_BYTES) * STORAGE_PAGE_BYTES;
        for (at = Math.max(at, from); at < data.endBytes; at += STORAGE_PAGE_BYTES) {
          this.#readPage(file, at);
        }
      }
    } finally {
      fs.closeSync(file);
    }
  }

  #readPage(file: number, offsetBytes: number): void {
    const page = new Uint8Array(STORAGE_PAGE_BYTES);
    fs.readSync(file, page, 0, page.length, offsetBytes);
    if (!isZero(page)) this.#pages.set(offsetBytes / STORAGE_PAGE_BYTES, page);
  }

  /** Fill `into` with the bytes from `offsetBytes` on; zeroes past the end. */
  read(offsetBytes: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const at = offsetBytes + done;
      const inPage = at % STORAGE_PAGE_BYTES;
      const length = Math.min(into.length - done, STORAGE_PAGE_BYTES - inPage);
      const page = this.page((at - inPage) / STORAGE_PAGE_BYTES);
      into.set(page.subarray(inPage, inPage + length), done);
      done += length;
    }
  }

  /** A page; not to be changed. */
  page(index: number): Uint8Array {
    return this.#pages.get(index) ?? ZEROES;
  }

  /** The pages that are not zero, with their numbers. */
  pages(): Iterable<readonly [page: number, bytes: Uint8Array]> {
    return this.#pages;
  }
}

/**
 * Write an image that started as `base` to a file, without its zeroes. Throws {@linkcode FullError} if there
 * is no room for it.
 */
export function writeImage(path: string, image: PagedStorage, base: SparseImage): void {
  const file = fs.openSync(path, "w");
  try {
    fs.ftruncateSync(file, image.sizeBytes);
    const changed = new Map(image.pages());
    for (const [index, bytes] of base.pages()) {
      if (!changed.has(index)) writePage(file, index, bytes, image.sizeBytes);
    }
    for (const [index, bytes] of changed) writePage(file, index, bytes, image.sizeBytes);
  } catch (error) {
    throw (error as { code?: unknown }).code === "ENOSPC" ? new FullError(path) : error;
  } finally {
    fs.closeSync(file);
  }
}

function writePage(file: number, index: number, bytes: Uint8Array, sizeBytes: number): void {
  const at = index * STORAGE_PAGE_BYTES;
  const length = Math.min(bytes.length, sizeBytes - at);
  if (length <= 0 || isZero(bytes)) return;
  // What a full file system takes a part of it refuses the rest of.
  for (let done = 0; done < length;) {
    done += fs.writeSync(file, bytes, done, length - done, at + done);
  }
}

function isZero(page: Uint8Array): boolean {
  return Buffer.compare(page, ZEROES) === 0;
}
