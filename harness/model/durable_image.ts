import type { ByteSource } from "../log/write_log.ts";
import { type Contents, SECTOR_BYTES, ZEROES } from "./contents.ts";

/** Bytes of a page, the unit in which the image is kept in memory. */
export const PAGE_BYTES = 65536;
/** Sectors of a page. */
export const PAGE_SECTORS = PAGE_BYTES / SECTOR_BYTES;

const UNKNOWN = -1;
/** How many pages are found without a map; a power of two. */
const RECENT_PAGES = 64;

/** A piece of the image in memory. */
export class Page {
  /** Which page of the image. */
  readonly index: number;
  /** Its bytes. */
  readonly bytes = new Uint8Array(PAGE_BYTES);
  /** The same memory as words. */
  readonly words = new Uint32Array(this.bytes.buffer);
  /** For each sector the id of its durable contents, or -1 if it was not needed yet. */
  readonly ids = new Int32Array(PAGE_SECTORS).fill(UNKNOWN);
  /** For each sector its place among the pending ones, or -1; null if none is pending. */
  pending: Int32Array | null = null;
  /** For each sector the run that wrote to it last (see CrashDisk). */
  readonly overlaidBy = new Int32Array(PAGE_SECTORS);
  /** For each sector the id of the contents last written to it: they often repeat. */
  readonly overlaidIds = new Int32Array(PAGE_SECTORS);
  /** Parts that were asked for, each at the sector it starts in: to make one costs more than to copy it. */
  readonly #parts: (Uint8Array | undefined)[] = new Array(PAGE_SECTORS).fill(undefined);

  /** A page of zeroes. */
  constructor(index: number) {
    this.index = index;
  }

  /** Some bytes of the page. */
  part(from: number, lengthBytes: number): Uint8Array {
    const place = Math.floor(from / SECTOR_BYTES);
    const known = this.#parts[place];
    if (known && known.byteOffset === from && known.length === lengthBytes) return known;
    return this.#parts[place] = this.bytes.subarray(from, from + lengthBytes);
  }
}

/**
 * The durable contents of the disk, page by page, read from the base when first needed. Not a
 * `SparseFile`: its pages also hold the ids of sectors and the marks of pending writes, which the
 * search uses in its innermost loop.
 */
export class DurableImage {
  readonly #base: ByteSource;
  readonly #contents: Contents;
  readonly #pages = new Map<number, Page>();
  /** Pages used lately, each at its index modulo the length. */
  readonly #recent: (Page | undefined)[] = new Array(RECENT_PAGES).fill(undefined);
  /** The last stamp given out: pages outlive the disks that mark their sectors with stamps. */
  #stamp = 0;

  /** Start with the contents of `base`. */
  constructor(base: ByteSource, contents: Contents) {
    this.#base = base;
    this.#contents = contents;
  }

  /** A number larger than any given out before. */
  nextStamp(): number {
    return ++this.#stamp;
  }

  /** The page at `index`. */
  page(index: number): Page {
    const place = index % RECENT_PAGES;
    const recent = this.#recent[place];
    if (recent !== undefined && recent.index === index) return recent;
    return this.#recent[place] = this.#pages.get(index) ?? this.#load(index);
  }

  /** Contents have other ids now: find them again when they are asked for. */
  forgetIds(): void {
    for (const page of this.#pages.values()) {
      page.ids.fill(UNKNOWN);
      page.overlaidIds.fill(ZEROES);
    }
  }

  #load(index: number): Page {
    const page = new Page(index);
    this.#base.read(index * PAGE_BYTES, page.bytes);
    this.#pages.set(index, page);
    return page;
  }

  /** The id of the durable contents of a sector. */
  idOf(sector: number): number {
    const page = this.page(Math.floor(sector / PAGE_SECTORS));
    const inPage = sector % PAGE_SECTORS;
    if (page.ids[inPage] === UNKNOWN) {
      page.ids[inPage] = this.#contents.idOf(page.bytes, inPage * SECTOR_BYTES);
    }
    return page.ids[inPage];
  }

  /** Store `bytes` (or `lengthBytes` zeroes) at `offsetBytes`. */
  write(offsetBytes: number, lengthBytes: number, bytes: Uint8Array | undefined): void {
    for (let done = 0; done < lengthBytes;) {
      const at = offsetBytes + done;
      const page = this.page(Math.floor(at / PAGE_BYTES));
      const inPage = at % PAGE_BYTES;
      const length = Math.min(lengthBytes - done, PAGE_BYTES - inPage);
      if (bytes) page.bytes.set(bytes.subarray(done, done + length), inPage);
      else page.bytes.fill(0, inPage, inPage + length);
      const first = Math.floor(inPage / SECTOR_BYTES);
      page.ids.fill(UNKNOWN, first, Math.ceil((inPage + length) / SECTOR_BYTES));
      done += length;
    }
  }
}
