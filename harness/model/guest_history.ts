import type { ByteSource, LogEvent } from "../log/write_log.ts";
import { describeSector } from "../result/describe_sector.ts";
import { type Contents, SECTOR_BYTES } from "./contents.ts";
import { TEAR_BYTES } from "./tears.ts";

/** A value that a guest sector may hold, and since which event. */
export interface GuestVersion {
  /** The id of the contents. */
  readonly content: number;
  /** The event in which the guest began to write it; -1 for the initial contents. */
  readonly event: number;
}

/** A version, and when its write was acknowledged: Infinity while it is under way. */
interface KeptVersion extends GuestVersion {
  content: number;
  acknowledgedAt: number;
}

/**
 * The guest's writes, sector by sector, and the permitted contents after a crash: the last value
 * acknowledged before a flush that was itself acknowledged, and any value whose write began later,
 * or at the same time. Knows sectors and nothing of any format.
 */
export class GuestHistory {
  readonly #base: ByteSource;
  readonly #contents: Contents;
  readonly #tears: boolean;
  /** For each written sector its permitted values, oldest first. */
  readonly #versions = new Map<number, readonly KeptVersion[]>();
  /** For each sector that was read and not written: its initial contents. */
  readonly #untouched = new Map<number, readonly KeptVersion[]>();
  /** For each write that is in flight or not flushed, by its id: the version in each sector. */
  readonly #unflushed = new Map<number, Map<number, KeptVersion>>();
  /** The writes that were acknowledged and not flushed since. */
  readonly #acknowledged = new Set<number>();
  /** For each flush in flight, the writes that had been acknowledged when it began. */
  readonly #flushes = new Map<number, { covered: number[]; isAllocating: boolean }>();
  readonly #sectorBytes = new Uint8Array(SECTOR_BYTES);
  /** For contents that the guest wrote: which sector it put them into first. */
  readonly #origins = new Map<number, number>();

  /** The event that acknowledged the last flush that covered every write and allocation, or -1. */
  settledAt = -1;

  /**
   * Start with a disk that holds `base`, and zeroes after it. With `tears`, a sector may hold two
   * permitted versions, one up to a boundary of 8 bytes and the other after it.
   */
  constructor(base: ByteSource, contents: Contents, { tears } = { tears: false }) {
    this.#base = base;
    this.#contents = contents;
    this.#tears = tears;
  }

  /** The values permitted in a guest sector now, oldest first. */
  versionsOf(sector: number): readonly GuestVersion[] {
    return this.#versionsOf(sector);
  }

  #versionsOf(sector: number): readonly KeptVersion[] {
    const known = this.#versions.get(sector) ?? this.#untouched.get(sector);
    if (known) return known;
    this.#base.read(sector * SECTOR_BYTES, this.#sectorBytes);
    const content = this.#contents.idOf(this.#sectorBytes);
    const versions = [{ content, event: -1, acknowledgedAt: -1 }];
    this.#untouched.set(sector, versions);
    return versions;
  }

  /** Drop all contents that a sector can't hold any more. */
  dropContents(): void {
    const kept = new Set([...this.#versions.values()].flat());
    for (const written of this.#unflushed.values()) {
      for (const version of written.values()) kept.add(version);
    }
    const ids = this.#contents.keepOnly([...kept].map(({ content }) => content));
    for (const version of kept) version.content = ids.get(version.content)!;
    // They are read again where they are asked for.
    this.#untouched.clear();
    const origins = [...this.#origins];
    this.#origins.clear();
    for (const [content, sector] of origins) {
      const id = ids.get(content);
      if (id !== undefined) this.#origins.set(id, sector);
    }
  }

  /** Since which event a sector may hold `content`: Infinity if it never may. */
  permittedSince(sector: number, content: number): number {
    let since = Infinity;
    for (const version of this.versionsOf(sector)) {
      if (version.content === content && version.event < since) since = version.event;
    }
    // A whole later version may have been there before as a tear of earlier versions.
    const mayBeEarlier = this.#tears && since >= 0;
    return mayBeEarlier ? Math.min(since, this.#tornSince(sector, content)) : since;
  }

  /** Since which event a sector may hold `content` as two of its versions, torn apart. */
  #tornSince(sector: number, content: number): number {
    const versions = this.versionsOf(sector);
    const bytes = this.#contents.bytesOf(content);
    const same = versions.map((version) =>
      sameEnds(bytes, this.#contents.bytesOf(version.content))
    );
    let since = Infinity;
    for (let head = 0; head < versions.length; head++) {
      for (let tail = 0; tail < versions.length; tail++) {
        if (same[head].headBytes + same[tail].tailBytes < SECTOR_BYTES) continue;
        since = Math.min(since, Math.max(versions[head].event, versions[tail].event));
      }
    }
    return since;
  }

  /** Contents in words, with the sector that the guest wrote them to. */
  describe(content: number): string {
    const words = describeSector(this.#contents.bytesOf(content));
    const origin = this.#origins.get(content);
    return origin === undefined ? words : `${words} (written to sector ${origin})`;
  }

  /** Whether `id` is a flush in flight. */
  isFlush(id: number): boolean {
    return this.#flushes.has(id);
  }

  /** Go on by one event. */
  apply(event: LogEvent, at: number): void {
    switch (event.kind) {
      case "guest-write-begun":
        this.#begin(event.id, at, event.offsetBytes, event.bytes);
        break;
      case "guest-flush-begun": {
        this.#flushes.set(event.id, {
          covered: [...this.#acknowledged],
          isAllocating: event.isAllocating ?? false,
        });
        break;
      }
      case "guest-warned":
        this.#acknowledged.clear();
        break;
      case "guest-acknowledged": {
        const flush = this.#flushes.get(event.id);
        if (flush) {
          this.#settle(event.id, flush.covered);
          const coversAll = this.#unflushed.size === 0;
          if (!flush.isAllocating && coversAll) this.settledAt = at;
        } else {
          const written = this.#unflushed.get(event.id);
          if (!written) break;
          for (const version of written.values()) version.acknowledgedAt = at;
          this.#acknowledged.add(event.id);
        }
        break;
      }
    }
  }

  #begin(id: number, event: number, offsetBytes: number, bytes: Uint8Array): void {
    const first = Math.floor(offsetBytes / SECTOR_BYTES);
    const end = Math.ceil((offsetBytes + bytes.length) / SECTOR_BYTES);
    const written = new Map<number, KeptVersion>();
    for (let sector = first; sector < end; sector++) {
      const versions = this.#versionsOf(sector);
      const newest = versions[versions.length - 1].content;
      const content = this.#overwrite(newest, sector, offsetBytes, bytes);
      const version = { content, event, acknowledgedAt: Infinity };
      this.#versions.set(sector, [...versions, version]);
      written.set(sector, version);
      if (!this.#origins.has(content)) this.#origins.set(content, sector);
    }
    this.#unflushed.set(id, written);
  }

  /** The contents of `sector` once the part of `bytes` that falls into it is written. */
  #overwrite(content: number, sector: number, offsetBytes: number, bytes: Uint8Array): number {
    const start = sector * SECTOR_BYTES - offsetBytes;
    if (start >= 0 && start + SECTOR_BYTES <= bytes.length) {
      return this.#contents.idOf(bytes, start);
    }
    this.#contents.copyTo(content, this.#sectorBytes);
    const from = Math.max(0, start);
    const to = Math.min(bytes.length, start + SECTOR_BYTES);
    this.#sectorBytes.set(bytes.subarray(from, to), from - start);
    return this.#contents.idOf(this.#sectorBytes);
  }

  /**
   * A flush was acknowledged: versions replaced before the writes that it covers are permitted no
   * more.
   */
  #settle(flushId: number, covered: readonly number[]): void {
    this.#flushes.delete(flushId);
    for (const id of covered) {
      const written = this.#unflushed.get(id);
      if (!written) continue;
      this.#unflushed.delete(id);
      this.#acknowledged.delete(id);
      for (const [sector, safe] of written) {
        const versions = this.#versionsOf(sector);
        this.#versions.set(
          sector,
          versions.filter((version) => version.acknowledgedAt > safe.event),
        );
      }
    }
  }
}

/** How many bytes two sectors have in common at their start and at their end, in groups of 8. */
function sameEnds(a: Uint8Array, b: Uint8Array): { headBytes: number; tailBytes: number } {
  let head = 0;
  while (head < SECTOR_BYTES && a[head] === b[head]) head++;
  let tail = SECTOR_BYTES;
  while (tail > 0 && a[tail - 1] === b[tail - 1]) tail--;
  const headBytes = head - head % TEAR_BYTES;
  return { headBytes, tailBytes: SECTOR_BYTES - Math.ceil(tail / TEAR_BYTES) * TEAR_BYTES };
}
