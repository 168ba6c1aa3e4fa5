import {
  type ReadRequest,
  type Request,
  StorageError,
  type SyncStorage,
} from "../../lib/storage/mod.ts";
import { type Contents, SECTOR_BYTES, ZEROES } from "../model/contents.ts";
import { type DurableImage, type Page, PAGE_BYTES, PAGE_SECTORS } from "../model/durable_image.ts";
import { indexPages, type PendingSector, type StateSpace } from "../model/state_space.ts";
import { type Candidate, Decisions } from "./decisions.ts";
import type { OpaqueReads } from "./opaque_reads.ts";
import type { PlannedChoices } from "./planned_choices.ts";

const NO_LABELS: ReadonlySet<string> = new Set();

/**
 * A write log's disk after a crash that nobody has looked at yet. What a sector holds is decided
 * when it is first read, the size when it is first asked for; what the program writes lies on top
 * and is taken back at the end of a run, so that nothing is built anew for the next one.
 */
export class CrashDisk implements SyncStorage {
  readonly #space: StateSpace;
  readonly #contents: Contents;
  readonly #decisions: Decisions;
  readonly #reads: OpaqueReads;
  readonly #durable: DurableImage;
  readonly #leastBytes: number;
  readonly #independentLabels: ReadonlySet<string>;
  /** For each pending sector the id of what the page holds for it. */
  readonly #materialized: Int32Array;
  /** Pages written in this run: what to put back. */
  readonly #undoPages: Page[] = [];
  readonly #undoSectors: number[] = [];
  #undoBytes = new Uint8Array(64 * SECTOR_BYTES);
  #scratch = new Uint8Array(SECTOR_BYTES);

  /** The run number; sectors written by the program carry it, or a later one. */
  #run = 0;
  #stamp = 0;
  /** The size as the program left it; undefined while it is the one that persisted. */
  #sizeSet: number | undefined;
  readonly #pagesWithPending: Page[] = [];

  /** A disk over a state space, which it owns until {@linkcode release}. */
  constructor(
    space: StateSpace,
    contents: Contents,
    choices: PlannedChoices,
    reads: OpaqueReads,
    independentLabels: ReadonlySet<string> = NO_LABELS,
  ) {
    this.#space = space;
    this.#independentLabels = independentLabels;
    this.#contents = contents;
    this.#decisions = new Decisions(space, contents, choices);
    this.#reads = reads;
    this.#durable = space.epoch.durable;
    this.#materialized = Int32Array.from(space.sectors, (pending) => pending.durable);
    const sizes = space.sizeUnit === undefined ? space.sizes : space.epoch.sizes;
    this.#leastBytes = Math.min(...sizes.map((size) => size.sizeBytes));
    for (const [index, places] of indexPages(space)) {
      const page = this.#durable.page(index);
      page.pending = places;
      this.#pagesWithPending.push(page);
    }
  }

  /** Start a run: nothing is decided but what the plan says, nothing written. */
  begin(plan?: ReadonlyMap<number, number>): void {
    this.#run = this.nextStamp();
    this.#sizeSet = undefined;
    this.#decisions.begin(plan);
  }

  /** What was decided in this run. */
  get decisions(): Decisions {
    return this.#decisions;
  }

  /** End a run: take back what was written. */
  end(): void {
    for (let i = this.#undoPages.length - 1; i >= 0; i--) {
      const at = i * SECTOR_BYTES;
      const bytes = this.#undoBytes.subarray(at, at + SECTOR_BYTES);
      this.#undoPages[i].bytes.set(bytes, this.#undoSectors[i] * SECTOR_BYTES);
    }
    this.#undoPages.length = 0;
    this.#undoSectors.length = 0;
  }

  /** Put the durable image back as it was; the disk is of no use afterwards. */
  release(): void {
    this.#space.sectors.forEach((pending, place) => {
      if (this.#materialized[place] === pending.durable) return;
      const page = this.#durable.page(Math.floor(pending.sector / PAGE_SECTORS));
      const at = (pending.sector % PAGE_SECTORS) * SECTOR_BYTES;
      this.#contents.copyTo(pending.durable, page.bytes, at);
    });
    for (const page of this.#pagesWithPending) page.pending = null;
  }

  /**
   * All that is settled about the file in this run, as a string: the contents of the sectors that
   * were decided or written, and the size. Equal strings mean equal files, and the same still open.
   */
  stateKey(): string {
    const key: number[] = [this.#decisions.isSizeDecided ? this.sizeBytes : -1];
    if (this.#decisions.isTorn) key.push(-3);
    const wholeUnits = typeof this.#space.preset.unit === "string";
    for (const unit of this.#decisions.decided) {
      if (wholeUnits || unit >= this.#space.units.length) {
        key.push(unit, this.#decisions.optionOf(unit));
      } else for (const place of this.#space.units[unit].places) this.#keySector(place, key);
    }
    for (let i = 0; i < this.#undoPages.length; i++) {
      const page = this.#undoPages[i];
      const inPage = this.#undoSectors[i];
      const place = page.pending === null ? -1 : page.pending[inPage];
      const isKeyed = place >= 0 && this.#isUnitDecided(this.#space.sectors[place]);
      if (isKeyed && !wholeUnits) continue;
      const content = this.#contents.idOf(page.bytes, inPage * SECTOR_BYTES);
      key.push(-2, page.index * PAGE_SECTORS + inPage, content);
    }
    return key.join();
  }

  #isUnitDecided(pending: PendingSector): boolean {
    return pending.units.some((unit) => this.#decisions.optionOf(unit) >= 0);
  }

  #keySector(place: number, key: number[]): void {
    const pending = this.#space.sectors[place];
    const { sector } = pending;
    const page = this.#durable.page(Math.floor(sector / PAGE_SECTORS));
    const inPage = sector % PAGE_SECTORS;
    const isWritten = page.overlaidBy[inPage] >= this.#run;
    const content = isWritten
      ? this.#contents.idOf(page.bytes, inPage * SECTOR_BYTES)
      : this.#decisions.contentOf(pending);
    key.push(place, content);
  }

  /** The size of the file as the program sees it now, in bytes. */
  get sizeBytes(): number {
    return this.#sizeSet ?? this.#decisions.sizeBytes();
  }

  readonly #sizeNow = () => this.sizeBytes;

  /** A new stamp: sectors written from now on can be told from those written before. */
  nextStamp(): number {
    return this.#stamp = this.#durable.nextStamp();
  }

  /** Perform one request of the program. */
  perform(request: Request): number {
    switch (request.kind) {
      case "read":
        return this.#reads.note(request, this.#sizeNow) ?? this.#readAs(request);
      case "write":
        this.#write(request.offsetBytes, request.bytes, request.bytes.length);
        return request.bytes.length;
      case "size":
        return this.sizeBytes;
      case "resize":
        this.#resize(request.sizeBytes);
        return 0;
      case "discard": {
        const end = Math.min(this.sizeBytes, request.offsetBytes + request.lengthBytes);
        if (end > request.offsetBytes) {
          this.#write(request.offsetBytes, undefined, end - request.offsetBytes);
        }
        return 0;
      }
      case "flush":
        return 0;
    }
  }

  /** Whether no sector of a range was decided or written in this run, and all is in the file. */
  isUntouched(offsetBytes: number, lengthBytes: number): boolean {
    if (offsetBytes + lengthBytes > this.sizeBytes) return false;
    const first = offsetBytes / SECTOR_BYTES;
    const end = first + lengthBytes / SECTOR_BYTES;
    for (let sector = first; sector < end; sector++) {
      const page = this.#durable.page(Math.floor(sector / PAGE_SECTORS));
      const inPage = sector % PAGE_SECTORS;
      if (page.overlaidBy[inPage] >= this.#run) return false;
      if (page.pending !== null && page.pending[inPage] >= 0) {
        if (this.#decisions.isDecided(this.#space.sectors[page.pending[inPage]])) return false;
      }
    }
    return true;
  }

  /** Whether a sector was written since `stamp`. */
  isWrittenSince(sector: number, stamp: number): boolean {
    const page = this.#durable.page(Math.floor(sector / PAGE_SECTORS));
    return page.overlaidBy[sector % PAGE_SECTORS] >= stamp;
  }

  /**
   * What a sector may hold as things stand in this run: one content where it was decided or
   * written, each version where not.
   */
  candidates(sector: number): readonly Candidate[] {
    const page = this.#durable.page(Math.floor(sector / PAGE_SECTORS));
    const inPage = sector % PAGE_SECTORS;
    const start = sector * SECTOR_BYTES;
    const there = this.sizeBytes - start;
    if (there <= 0) return [known(ZEROES)];
    if (page.overlaidBy[inPage] >= this.#run) {
      return [known(this.#contents.idOf(page.bytes, inPage * SECTOR_BYTES))];
    }
    const place = page.pending === null ? -1 : page.pending[inPage];
    const versions = place < 0
      ? [known(this.#durable.idOf(sector))]
      : this.#decisions.versionsOf(this.#space.sectors[place]);
    if (there >= SECTOR_BYTES) return versions;
    return versions.map((version) => ({ ...version, content: this.#cut(version.content, there) }));
  }

  #cut(content: number, lengthBytes: number): number {
    this.#contents.copyTo(content, this.#scratch);
    this.#scratch.fill(0, lengthBytes);
    return this.#contents.idOf(this.#scratch);
  }

  /** Decide what a pending sector holds and put it into the page. */
  #materialize(place: number, page: Page): void {
    const pending = this.#space.sectors[place];
    const content = this.#decisions.read(pending);
    if (this.#materialized[place] === content) return;
    this.#materialized[place] = content;
    this.#contents.copyTo(content, page.bytes, (pending.sector % PAGE_SECTORS) * SECTOR_BYTES);
  }

  #readAs({ label, offsetBytes, into }: ReadRequest): number {
    this.#decisions.isIndependent = this.#independentLabels.has(label);
    const count = this.#read(offsetBytes, into);
    this.#decisions.isIndependent = false;
    return count;
  }

  #read(offsetBytes: number, into: Uint8Array): number {
    let count = into.length;
    // Where every size would do, reading does not decide it.
    if (this.#decisions.isSizeDecided || offsetBytes + count > this.#leastBytes) {
      count = Math.max(0, Math.min(count, this.sizeBytes - offsetBytes));
    }
    for (let done = 0; done < count;) {
      const at = offsetBytes + done;
      const page = this.#durable.page(Math.floor(at / PAGE_BYTES));
      const inPage = at % PAGE_BYTES;
      const length = Math.min(count - done, PAGE_BYTES - inPage);
      if (page.pending !== null) this.#settle(page, inPage, inPage + length);
      into.set(page.bytes.subarray(inPage, inPage + length), done);
      done += length;
    }
    return count;
  }

  /** Decide the pending sectors among bytes `from` to `to` of a page. */
  #settle(page: Page, from: number, to: number): void {
    const pending = page.pending;
    if (pending === null) return;
    const end = Math.ceil(to / SECTOR_BYTES);
    for (let inPage = Math.floor(from / SECTOR_BYTES); inPage < end; inPage++) {
      const place = pending[inPage];
      if (place >= 0 && page.overlaidBy[inPage] < this.#run) this.#materialize(place, page);
    }
  }

  /** Store bytes, or zeroes, and grow the file where needed. */
  #write(offsetBytes: number, bytes: Uint8Array | undefined, lengthBytes: number): void {
    const endBytes = offsetBytes + lengthBytes;
    if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0) {
      throw new StorageError("EINVAL", {
        kind: "write",
        file: 0,
        offsetBytes,
        bytes: bytes ?? new Uint8Array(0),
        label: "out of bounds",
      });
    }
    if (offsetBytes > this.sizeBytes) this.#resize(offsetBytes);
    this.#overlay(offsetBytes, bytes, lengthBytes);
    if (endBytes > this.sizeBytes) this.#sizeSet = endBytes;
  }

  #resize(sizeBytes: number): void {
    const before = this.sizeBytes;
    // What lies between the sizes must read as zeroes after growth, now or later.
    this.#overlay(Math.min(before, sizeBytes), undefined, Math.abs(sizeBytes - before));
    this.#sizeSet = sizeBytes;
  }

  #overlay(offsetBytes: number, bytes: Uint8Array | undefined, lengthBytes: number): void {
    for (let done = 0; done < lengthBytes;) {
      const at = offsetBytes + done;
      const page = this.#durable.page(Math.floor(at / PAGE_BYTES));
      const inPage = at % PAGE_BYTES;
      const length = Math.min(lengthBytes - done, PAGE_BYTES - inPage);
      this.#claim(page, inPage, inPage + length, at - inPage);
      if (bytes) page.bytes.set(bytes.subarray(done, done + length), inPage);
      else page.bytes.fill(0, inPage, inPage + length);
      done += length;
    }
  }

  /** Save the sectors that are about to be written and mark them as the program's own. */
  #claim(page: Page, from: number, to: number, pageOffsetBytes: number): void {
    const end = Math.ceil(to / SECTOR_BYTES);
    for (let inPage = Math.floor(from / SECTOR_BYTES); inPage < end; inPage++) {
      if (page.overlaidBy[inPage] < this.#run) {
        const start = inPage * SECTOR_BYTES;
        const isPartial = start < from || start + SECTOR_BYTES > to;
        const place = page.pending === null ? -1 : page.pending[inPage];
        if (isPartial && place >= 0) this.#materialize(place, page);
        this.#save(page, inPage);
        // The rest of a sector at the end of the file is not there yet.
        const there = this.sizeBytes - (pageOffsetBytes + start);
        if (isPartial && there < SECTOR_BYTES) {
          page.bytes.fill(0, start + Math.max(0, there), start + SECTOR_BYTES);
        }
      }
      page.overlaidBy[inPage] = this.#stamp;
    }
  }

  #save(page: Page, inPage: number): void {
    const at = this.#undoPages.length * SECTOR_BYTES;
    if (at === this.#undoBytes.length) {
      const grown = new Uint8Array(2 * at);
      grown.set(this.#undoBytes);
      this.#undoBytes = grown;
    }
    const start = inPage * SECTOR_BYTES;
    this.#undoBytes.set(page.bytes.subarray(start, start + SECTOR_BYTES), at);
    this.#undoPages.push(page);
    this.#undoSectors.push(inPage);
  }
}

function known(content: number): Candidate {
  return { content, event: -1, because: [] };
}
