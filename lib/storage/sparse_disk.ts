const PAGE_BYTES = 4096;

/**
 * A disk or a file of any size: pages that were written, over a base disk or zeroes. Knows nothing
 * of QED. Costs what was written to it.
 */
export class SparseDisk {
  #sizeBytes: number;
  /** What lies under the pages that were written. */
  readonly base: SparseDisk | undefined;
  readonly #pages = new Map<number, Uint8Array>();

  /** A disk of `sizeBytes` zeroes, or of what `base` holds, as far as it reaches. */
  constructor(sizeBytes: number, base?: SparseDisk) {
    this.#sizeBytes = sizeBytes;
    this.base = base;
  }

  /** The size in bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Make the disk larger, if it is not. What `base` holds beyond the old end shows up. */
  grow(sizeBytes: number): void {
    this.#sizeBytes = Math.max(sizeBytes, this.#sizeBytes);
  }

  /** Set the size; what is cut off is lost. */
  resize(sizeBytes: number): void {
    for (const [index, page] of this.#pages) {
      page.fill(0, Math.min(PAGE_BYTES, Math.max(0, sizeBytes - index * PAGE_BYTES)));
    }
    this.#sizeBytes = sizeBytes;
  }

  /** Store `bytes` at `offsetBytes`. */
  write(offsetBytes: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const at = offsetBytes + done;
      const pageIndex = Math.floor(at / PAGE_BYTES);
      const inPage = at % PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - inPage, bytes.length - done);
      this.#page(pageIndex).set(bytes.subarray(done, done + count), inPage);
      done += count;
    }
  }

  /** `lengthBytes` bytes from `offsetBytes` on; past the end of the disk zeroes. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    for (let done = 0; done < lengthBytes;) {
      const at = offsetBytes + done;
      const inPage = at % PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - inPage, lengthBytes - done);
      const page = this.#pages.get(Math.floor(at / PAGE_BYTES)) ?? this.#basePage(at - inPage);
      if (page) bytes.set(page.subarray(inPage, inPage + count), done);
      done += count;
    }
    const endBytes = Math.max(0, Math.min(lengthBytes, this.#sizeBytes - offsetBytes));
    return bytes.fill(0, endBytes);
  }

  /** The ranges that may differ from zero, in order: offset and length in bytes. */
  ranges(): [number, number][] {
    const starts = new Set([...this.#pages.keys()].map((index) => index * PAGE_BYTES));
    for (const [offset, length] of this.base?.ranges() ?? []) {
      for (let at = offset; at < offset + length; at += PAGE_BYTES) starts.add(at);
    }
    return [...starts].filter((start) => start < this.#sizeBytes).sort((a, b) => a - b)
      .map((start) => [start, Math.min(PAGE_BYTES, this.#sizeBytes - start)]);
  }

  /** Write the disk to a raw file, with holes where nothing was written. */
  save(path: string): void {
    using file = Deno.openSync(path, { write: true, create: true, truncate: true });
    file.truncateSync(this.#sizeBytes);
    for (const [offset, length] of this.ranges()) {
      file.seekSync(offset, Deno.SeekMode.Start);
      file.writeSync(this.read(offset, length));
    }
  }

  #page(pageIndex: number): Uint8Array {
    let page = this.#pages.get(pageIndex);
    if (!page) {
      page = this.#basePage(pageIndex * PAGE_BYTES) ?? new Uint8Array(PAGE_BYTES);
      this.#pages.set(pageIndex, page);
    }
    return page;
  }

  #basePage(offsetBytes: number): Uint8Array | undefined {
    if (!this.base || offsetBytes >= this.base.sizeBytes) return undefined;
    return this.base.read(offsetBytes, PAGE_BYTES);
  }
}

/** Read a file that has room in memory; zeroes take none of it. */
export function loadDisk(path: string): SparseDisk {
  using file = Deno.openSync(path);
  const disk = new SparseDisk(file.statSync().size);
  const page = new Uint8Array(PAGE_BYTES);
  for (let at = 0; at < disk.sizeBytes;) {
    const count = file.readSync(page) ?? 0;
    if (count === 0) break;
    const bytes = page.subarray(0, count);
    if (bytes.some((byte) => byte !== 0)) disk.write(at, bytes);
    at += count;
  }
  return disk;
}
