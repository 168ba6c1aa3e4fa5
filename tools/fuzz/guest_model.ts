import { PAGE_BYTES } from "../../lib/storage/sparse_file.ts";

/** The expected bytes of a range, and which of them are known. */
export interface Expected {
  /** The bytes. */
  readonly bytes: Uint8Array;
  /** 1 for each byte that is known, 0 for each that may be anything. */
  readonly known: Uint8Array;
}

/** Returns the original contents of the disk; undefined where they are unknown. */
export type FirstContents = (offsetBytes: number, lengthBytes: number) => Uint8Array | undefined;

/**
 * What a guest's disk should hold: what was there at first, and over it what was written since.
 * Knows nothing of the format.
 */
export class GuestModel {
  #first: FirstContents;
  /** The end of the original contents; past it a disk that grew reads as zeroes. */
  #firstEndBytes: number;
  readonly #pages = new Map<number, Expected>();

  /** A disk of `sizeBytes` with these first contents. */
  constructor(first: FirstContents, sizeBytes: number) {
    this.#first = first;
    this.#firstEndBytes = sizeBytes;
  }

  /** A disk of `sizeBytes` is as if it had never been written: as `first` has it. */
  reset(first: FirstContents, sizeBytes: number): void {
    this.#first = first;
    this.#firstEndBytes = sizeBytes;
    this.#pages.clear();
  }

  /** The disk ends at `sizeBytes` now. What is cut off is lost, what is added is zero. */
  resize(sizeBytes: number): void {
    this.#firstEndBytes = Math.min(this.#firstEndBytes, sizeBytes);
    for (const start of this.touched) {
      const from = Math.max(start, sizeBytes);
      if (from < start + PAGE_BYTES) this.store(from, start + PAGE_BYTES - from, 0);
    }
  }

  /** The pages that were touched: where they start, in bytes. */
  get touched(): number[] {
    return [...this.#pages.keys()].map((index) => index * PAGE_BYTES);
  }

  /** The expected contents of a range. */
  expect(offsetBytes: number, lengthBytes: number): Expected {
    const bytes = new Uint8Array(lengthBytes);
    const known = new Uint8Array(lengthBytes);
    forPages(offsetBytes, lengthBytes, ({ index, inPage, done, count }) => {
      const page = this.#pages.get(index) ?? this.#firstPage(index);
      bytes.set(page.bytes.subarray(inPage, inPage + count), done);
      known.set(page.known.subarray(inPage, inPage + count), done);
    });
    return { bytes, known };
  }

  /** A value was stored in a range; undefined for an unknown one. */
  store(offsetBytes: number, lengthBytes: number, value: number | undefined): void {
    forPages(offsetBytes, lengthBytes, ({ index, inPage, count }) => {
      let page = this.#pages.get(index);
      if (!page) this.#pages.set(index, page = this.#firstPage(index));
      page.bytes.fill(value ?? 0, inPage, inPage + count);
      page.known.fill(value === undefined ? 0 : 1, inPage, inPage + count);
    });
  }

  #firstPage(index: number): Expected {
    const start = index * PAGE_BYTES;
    const there = Math.max(0, Math.min(PAGE_BYTES, this.#firstEndBytes - start));
    const first = there === 0 ? new Uint8Array(PAGE_BYTES) : this.#first(start, PAGE_BYTES);
    first?.fill(0, there);
    return {
      bytes: first ?? new Uint8Array(PAGE_BYTES),
      known: new Uint8Array(PAGE_BYTES).fill(first ? 1 : 0),
    };
  }
}

interface PagePart {
  readonly index: number;
  readonly inPage: number;
  readonly done: number;
  readonly count: number;
}

function forPages(offsetBytes: number, lengthBytes: number, visit: (part: PagePart) => void): void {
  for (let done = 0; done < lengthBytes;) {
    const inPage = (offsetBytes + done) % PAGE_BYTES;
    const count = Math.min(PAGE_BYTES - inPage, lengthBytes - done);
    visit({ index: (offsetBytes + done - inPage) / PAGE_BYTES, inPage, done, count });
    done += count;
  }
}
