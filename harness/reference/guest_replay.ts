import type { ByteSource, LogEvent } from "../log/write_log.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** A value of a guest sector. */
interface Value {
  /** The write that it is from; -1 for the initial contents. */
  readonly id: number;
  /** The event in which the guest began to write it. */
  readonly begunAt: number;
  /** The event that acknowledged it; Infinity until then. */
  readonly finishedAt: number;
  /** The whole sector. */
  readonly bytes: Uint8Array;
}

/** A flush under way. */
interface Flush {
  /** The writes that had been acknowledged when it began. */
  readonly ids: readonly number[];
  /** Whether an allocation was under way. */
  readonly isAllocating: boolean;
}

/**
 * Plain replay of the promises to the guest, straight from the marks in the log, as bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { GuestReplay, PagedStorage } from "@powercut/powercut/harness/advanced";
 *
 * const base = new PagedStorage({ sizeBytes: 512, read: (_, into) => into.fill(0) });
 * const guest = new GuestReplay(base, 512);
 * const bytes = new Uint8Array(512).fill(7);
 * guest.apply({ kind: "guest-write-begun", id: 1, offsetBytes: 0, bytes }, 0, 512);
 * assertEquals(guest.permitted(0).map(([first]) => first), [0, 7]);
 * ```
 */
export class GuestReplay {
  readonly #base: ByteSource;
  /** For each written sector its permitted values, oldest first. */
  readonly #values = new Map<number, readonly Value[]>();
  /** The sectors of each write that no flush has made safe. */
  readonly #unflushed = new Map<number, readonly number[]>();
  /** Writes that were acknowledged, and neither flushed nor given up since. */
  readonly #acknowledged = new Set<number>();
  readonly #flushes = new Map<number, Flush>();
  #settledBytes: number;
  #givenUpBytes = 0;

  /** The guest's disk holds `base`; the file has `settledBytes`. */
  constructor(base: ByteSource, settledBytes: number) {
    this.#base = base;
    this.#settledBytes = settledBytes;
  }

  /** The size of the file when all space that had been taken was last in use, in bytes. */
  get settledBytes(): number {
    return this.#settledBytes;
  }

  /** How much space was given up, in bytes. */
  get givenUpBytes(): number {
    return this.#givenUpBytes;
  }

  /** The values permitted in a guest sector after a crash, oldest first. */
  permitted(sector: number): readonly Uint8Array[] {
    return this.#valuesOf(sector).map(({ bytes }) => bytes);
  }

  /** A copy at the same place in the log, independent of this one. */
  fork(): GuestReplay {
    const copy = new GuestReplay(this.#base, this.#settledBytes);
    copy.#givenUpBytes = this.#givenUpBytes;
    for (const [sector, values] of this.#values) copy.#values.set(sector, values);
    for (const [id, sectors] of this.#unflushed) copy.#unflushed.set(id, sectors);
    for (const id of this.#acknowledged) copy.#acknowledged.add(id);
    for (const [id, flush] of this.#flushes) copy.#flushes.set(id, flush);
    return copy;
  }

  /** Go on by one event, after which the file's durable size is `durableBytes`. */
  apply(event: LogEvent, at: number, durableBytes: number): void {
    switch (event.kind) {
      case "guest-write-begun":
        this.#begin(event, at);
        break;
      case "guest-warned":
        this.#acknowledged.clear();
        break;
      case "guest-flush-begun": {
        const { isAllocating = false } = event;
        this.#flushes.set(event.id, { ids: [...this.#acknowledged], isAllocating });
        break;
      }
      case "guest-acknowledged": {
        const flush = this.#flushes.get(event.id);
        if (flush) this.#endFlush(event.id, flush, durableBytes);
        else this.#endWrite(event.id, at);
        break;
      }
      case "space-given-up":
        this.#givenUpBytes += event.lengthBytes;
    }
  }

  #valuesOf(sector: number): readonly Value[] {
    const known = this.#values.get(sector);
    if (known) return known;
    const bytes = new Uint8Array(SECTOR_BYTES);
    this.#base.read(sector * SECTOR_BYTES, bytes);
    return [{ id: -1, begunAt: -1, finishedAt: -1, bytes }];
  }

  #begin(event: LogEvent & { kind: "guest-write-begun" }, at: number): void {
    const { id, offsetBytes } = event;
    const endBytes = offsetBytes + event.bytes.length;
    const sectors: number[] = [];
    const first = Math.floor(offsetBytes / SECTOR_BYTES);
    for (let sector = first; sector * SECTOR_BYTES < endBytes; sector++) {
      const start = sector * SECTOR_BYTES;
      const from = Math.max(start, offsetBytes);
      const to = Math.min(start + SECTOR_BYTES, endBytes);
      const values = this.#valuesOf(sector);
      const bytes = values[values.length - 1].bytes.slice();
      bytes.set(event.bytes.subarray(from - offsetBytes, to - offsetBytes), from - start);
      this.#values.set(sector, [...values, { id, begunAt: at, finishedAt: Infinity, bytes }]);
      sectors.push(sector);
    }
    this.#unflushed.set(id, sectors);
  }

  #endWrite(id: number, at: number): void {
    this.#acknowledged.add(id);
    for (const sector of this.#unflushed.get(id) ?? []) {
      const values = this.#values.get(sector)!;
      this.#values.set(
        sector,
        values.map((value) => value.id === id ? { ...value, finishedAt: at } : value),
      );
    }
  }

  #endFlush(flushId: number, { ids, isAllocating }: Flush, durableBytes: number): void {
    this.#flushes.delete(flushId);
    for (const id of ids) {
      for (const sector of this.#unflushed.get(id) ?? []) this.#settle(sector, id);
      this.#unflushed.delete(id);
      this.#acknowledged.delete(id);
    }
    if (!isAllocating && this.#unflushed.size === 0) this.#settledBytes = durableBytes;
  }

  /** A value is gone for good once a write is safe that began after the value's own had finished. */
  #settle(sector: number, id: number): void {
    const values = this.#values.get(sector)!;
    const safe = values.find((value) => value.id === id);
    if (!safe) return;
    this.#values.set(sector, values.filter(({ finishedAt }) => finishedAt >= safe.begunAt));
  }
}
