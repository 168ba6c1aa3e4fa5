import { SECTOR_BYTES } from "../model/contents.ts";
import type { Page } from "../model/durable_image.ts";

/** Sectors as they were before a program wrote them, to restore them for the next run. */
export class UndoLog {
  readonly #pages: Page[] = [];
  readonly #sectors: number[] = [];
  readonly #stamps: number[] = [];
  /** Buffers, used again in later runs. */
  readonly #bytes: Uint8Array[] = [];

  /** The number of saved sectors. */
  get length(): number {
    return this.#pages.length;
  }

  /** The page of entry `at`. */
  pageAt(at: number): Page {
    return this.#pages[at];
  }

  /** The sector within its page of entry `at`. */
  sectorAt(at: number): number {
    return this.#sectors[at];
  }

  /** Save a sector of a page that is about to be written. */
  save(page: Page, inPage: number): void {
    const place = this.#pages.length;
    const into = this.#bytes[place] ??= new Uint8Array(SECTOR_BYTES);
    into.set(page.part(inPage * SECTOR_BYTES, SECTOR_BYTES));
    this.#pages.push(page);
    this.#sectors.push(inPage);
    this.#stamps.push(page.overlaidBy[inPage]);
  }

  /** Restore all saved sectors but the first `count`, the last one first. */
  restoreTo(count: number): void {
    for (let i = this.#pages.length - 1; i >= count; i--) {
      const page = this.#pages[i];
      page.bytes.set(this.#bytes[i], this.#sectors[i] * SECTOR_BYTES);
      page.overlaidBy[this.#sectors[i]] = this.#stamps[i];
    }
    this.#pages.length = count;
    this.#sectors.length = count;
    this.#stamps.length = count;
  }
}
