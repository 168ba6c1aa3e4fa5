import {
  type ReadRequest,
  type Request,
  StorageError,
  type SyncStorage,
} from "../../lib/storage/mod.ts";
import { type Contents, SECTOR_BYTES, ZEROES } from "../model/contents.ts";
import { type DurableImage, type Page, PAGE_BYTES, PAGE_SECTORS } from "../model/durable_image.ts";
import { indexPages, type PendingSector, type StateSpace } from "../model/state_space.ts";
import { putInto } from "../model/put_into.ts";
import { tornVersions } from "../model/tears.ts";
import { isSameVersion } from "../model/unit_version.ts";
import type { NestedCrash } from "../model/persisted.ts";
import { type Choose, CrashLayer } from "./crash_layer.ts";
import type { Candidate } from "./decision.ts";
import { Decisions } from "./decisions.ts";
import { NumbersKey } from "./numbers_key.ts";
import { UndoLog } from "./undo_log.ts";
import { type RecoveryEpoch, RecoveryLog, type RecoveryWrite } from "./recovery_log.ts";
import type { DataReads } from "./data_reads.ts";
import type { PlannedChoices } from "../choices/planned_choices.ts";

/** How a disk was when a recovery began. */
interface Start {
  /** How many sectors had been written. */
  readonly undoCount: number;
  /** The size of the file if it had been set. */
  readonly sizeSet: number | undefined;
  /** Sectors written since carry this stamp or a later one. */
  readonly stamp: number;
}

const NO_LABELS: ReadonlySet<string> = new Set();

/**
 * The disk of a write log after a crash, decided on demand. The contents of a sector are decided
 * when it is first read, the size when it is first requested. The program's own writes overlay it
 * and are undone at the end of a run, so that the next run needs no setup.
 */
export class CrashDisk implements SyncStorage {
  readonly #space: StateSpace;
  readonly #contents: Contents;
  readonly #decisions: Decisions;
  readonly #reads: DataReads;
  readonly #durable: DurableImage;
  readonly #leastBytes: number;
  readonly #independentLabels: ReadonlySet<string>;
  /** For each pending sector the id of the contents in the page. */
  readonly #materialized: Int32Array;
  /** The sectors written in this run, to restore them. */
  readonly #undo = new UndoLog();
  #scratch = new Uint8Array(SECTOR_BYTES);

  /** The run number; sectors written by the program carry it, or a later one. */
  #run = 0;
  #stamp = 0;
  /** The size as the program left it; undefined while it is the one that persisted. */
  #sizeSet: number | undefined;
  /** The results of crashes during recovery, on top of each other. */
  readonly #layers: CrashLayer[] = [];
  /** The requests of the current recovery; undefined if they are not recorded. */
  #recovery: RecoveryLog | undefined;
  /** How it was when this recovery began. */
  #start: Start = { undoCount: 0, sizeSet: undefined, stamp: 0 };
  /** How much recoveries that were cut short had made the file grow, in bytes. */
  #grownBytes = 0;
  readonly #pagesWithPending: Page[] = [];
  readonly #key = new NumbersKey();

  /** A disk over a state space, which it owns until {@linkcode release}. */
  constructor(
    space: StateSpace,
    contents: Contents,
    choices: PlannedChoices,
    reads: DataReads,
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

  /** Start a run: nothing is decided except by the plan, and nothing is written. */
  begin(plan?: ReadonlyMap<number, number>): void {
    this.#run = this.nextStamp();
    this.#sizeSet = undefined;
    this.#layers.length = 0;
    this.#start = { undoCount: 0, sizeSet: undefined, stamp: this.#run };
    this.#grownBytes = 0;
    this.#decisions.begin(plan);
  }

  /** The decisions of this run. */
  get decisions(): Decisions {
    return this.#decisions;
  }

  /** End a run: undo its writes. */
  end(): void {
    this.#undo.restoreTo(0);
  }

  /** Record requests from here on, so that a crash can interrupt the recovery. */
  beginRecovery(): void {
    this.#recovery = new RecoveryLog(this.#space.preset);
  }

  /** The recovery is over. Returns its epochs, in which the power may fail. */
  endRecovery(): readonly RecoveryEpoch[] {
    const epochs = this.#recovery?.epochs() ?? [];
    this.#recovery = undefined;
    if (this.#layers.length === 0) this.#decisions.endRecovery();
    return epochs;
  }

  /** The power fails in an epoch of the last recovery: its pending writes are undecided again. */
  crashInRecovery(epoch: RecoveryEpoch, choose: Choose): void {
    this.#undo.restoreTo(this.#start.undoCount);
    this.#sizeSet = this.#start.sizeSet;
    const sizes = [...epoch.durable, ...epoch.pending].flatMap(({ sizeBytes }) => sizeBytes ?? []);
    if (sizes.length > 0) this.#grownBytes += Math.max(0, Math.max(...sizes) - this.sizeBytes);
    for (const write of epoch.durable) this.#repeat(write);
    this.#layers.push(
      this.#space.preset.ordered
        ? this.#prefixLayer(epoch, choose)
        : this.#openLayer(epoch, choose),
    );
    const stamp = this.#stamp;
    this.#start = { undoCount: this.#undo.length, sizeSet: this.#sizeSet, stamp };
  }

  /** How much recoveries that were cut short had made the file grow, in bytes. */
  get grownBytes(): number {
    return this.#grownBytes;
  }

  /** Where writes persist in order: some of them, and nothing is open. */
  #prefixLayer(epoch: RecoveryEpoch, choose: Choose): CrashLayer {
    const count = choose(epoch.pending.length + 1);
    for (const write of epoch.pending.slice(0, count)) this.#repeat(write);
    const prefixEvent = epoch.pending[count - 1]?.event;
    const options = { stamp: this.nextStamp(), choose, sizeBytes: undefined, prefixEvent };
    return new CrashLayer({ ...epoch, pending: [] }, this.#space.preset, options);
  }

  #openLayer(epoch: RecoveryEpoch, choose: Choose): CrashLayer {
    const sizeBytes = this.#chooseSize(epoch.pending, choose);
    const options = { stamp: this.nextStamp(), choose, sizeBytes, prefixEvent: undefined };
    return new CrashLayer(epoch, this.#space.preset, options);
  }

  /** Which of the sizes that the file had in a stretch persisted; undefined if it had only one. */
  #chooseSize(pending: readonly RecoveryWrite[], choose: Choose): number | undefined {
    const sizes = new Set(pending.flatMap(({ sizeBytes }) => sizeBytes ?? []));
    if (sizes.size === 0) return undefined;
    const options = [...new Set([this.sizeBytes, ...sizes])];
    const chosen = options[options.length === 1 ? 0 : choose(options.length)];
    if (chosen !== this.sizeBytes) this.#resize(chosen);
    this.#sizeSet = chosen;
    return chosen;
  }

  #repeat({ offsetBytes, lengthBytes, bytes, sizeBytes }: RecoveryWrite): void {
    if (bytes) this.#write(offsetBytes, bytes, lengthBytes);
    else if (sizeBytes !== undefined) this.#resize(sizeBytes);
    else this.#overlay(offsetBytes, undefined, lengthBytes);
  }

  /** Whether something is open that a crash of a recovery left. */
  get hasOpenLayers(): boolean {
    return this.#layers.some((layer) => {
      for (const sector of layer.sectors) {
        if (!layer.isDecided(sector) && !this.isWrittenSince(sector, layer.stamp)) return true;
      }
      return false;
    });
  }

  /** The decisions about crashes during recovery, the first one first. */
  describeLayers(): NestedCrash[] {
    return this.#layers.map((layer) => layer.describe());
  }

  /** Restore the durable image; the disk must not be used afterwards. */
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
    const isSizeKnown = this.#sizeSet !== undefined || this.#decisions.isSizeDecided;
    const key = this.#key;
    key.clear();
    key.add(isSizeKnown ? this.sizeBytes : -1);
    if (this.#decisions.isTorn) key.add(-3);
    const wholeUnits = typeof this.#space.preset.unit === "string";
    for (const unit of this.#decisions.decided) {
      if (wholeUnits || unit >= this.#space.units.length) {
        key.add(unit);
        key.add(this.#decisions.optionOf(unit));
      } else for (const place of this.#space.units[unit].places) this.#keySector(place);
    }
    for (let i = 0; i < this.#undo.length; i++) {
      const page = this.#undo.pageAt(i);
      const inPage = this.#undo.sectorAt(i);
      const place = page.pending === null ? -1 : page.pending[inPage];
      const isKeyed = place >= 0 && this.#isUnitDecided(this.#space.sectors[place]);
      if (isKeyed && !wholeUnits) continue;
      key.add(-2);
      key.add(page.index * PAGE_SECTORS + inPage);
      key.add(this.#overlaidId(page, inPage));
    }
    return key.toString();
  }

  #isUnitDecided(pending: PendingSector): boolean {
    return pending.units.some((unit) => this.#decisions.optionOf(unit) >= 0);
  }

  #keySector(place: number): void {
    const pending = this.#space.sectors[place];
    const { sector } = pending;
    const page = this.#durable.page(Math.floor(sector / PAGE_SECTORS));
    const inPage = sector % PAGE_SECTORS;
    const isWritten = page.overlaidBy[inPage] >= this.#run;
    const content = isWritten ? this.#overlaidId(page, inPage) : this.#decisions.contentOf(pending);
    this.#key.add(place);
    this.#key.add(content);
  }

  /** The size of the file as the program sees it now, in bytes. */
  get sizeBytes(): number {
    return this.#sizeSet ?? this.#decisions.sizeBytes();
  }

  readonly #sizeNow = () => this.sizeBytes;

  /** A new stamp: it distinguishes sectors written from now on from those written before. */
  nextStamp(): number {
    return this.#stamp = this.#durable.nextStamp();
  }

  /** Perform one request of the program. */
  perform(request: Request): number {
    if (this.#recovery) this.#recovery.add(request, this.#sizeNow);
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
    if (this.#layers.length > 0) return false;
    if (offsetBytes + lengthBytes > this.sizeBytes) return false;
    const end = (offsetBytes + lengthBytes) / SECTOR_BYTES;
    for (let sector = offsetBytes / SECTOR_BYTES; sector < end;) {
      const page = this.#durable.page(Math.floor(sector / PAGE_SECTORS));
      const inPage = sector % PAGE_SECTORS;
      const stop = Math.min(inPage + end - sector, PAGE_SECTORS);
      if (!this.#isPartUntouched(page, inPage, stop)) return false;
      sector += stop - inPage;
    }
    return true;
  }

  /** The same of sectors `from` to `end` of a page. */
  #isPartUntouched({ overlaidBy, pending }: Page, from: number, end: number): boolean {
    for (let inPage = from; inPage < end; inPage++) {
      if (overlaidBy[inPage] >= this.#run) return false;
      if (pending === null || pending[inPage] < 0) continue;
      if (this.#decisions.isDecided(this.#space.sectors[pending[inPage]])) return false;
    }
    return true;
  }

  /** Whether a sector was written since `stamp`. */
  isWrittenSince(sector: number, stamp: number): boolean {
    const page = this.#durable.page(Math.floor(sector / PAGE_SECTORS));
    return page.overlaidBy[sector % PAGE_SECTORS] >= stamp;
  }

  /**
   * The possible contents of a sector at this moment of the run: one if it was decided or written,
   * each version otherwise.
   */
  candidates(sector: number): readonly Candidate[] {
    const page = this.#durable.page(Math.floor(sector / PAGE_SECTORS));
    const inPage = sector % PAGE_SECTORS;
    const start = sector * SECTOR_BYTES;
    const there = this.sizeBytes - start;
    if (there <= 0) return [known(ZEROES)];
    if (this.#layers.some((layer) => layer.has(sector))) this.#settleSector(page, inPage);
    if (page.overlaidBy[inPage] >= this.#run) {
      return [known(this.#overlaidId(page, inPage))];
    }
    const place = page.pending === null ? -1 : page.pending[inPage];
    const versions = place < 0
      ? [known(this.#durable.idOf(sector))]
      : this.#decisions.versionsOf(this.#space.sectors[place]);
    if (there >= SECTOR_BYTES) return versions;
    return versions.map((version) => ({ ...version, content: this.#cut(version.content, there) }));
  }

  /** The id of the program's write to a sector. */
  #overlaidId(page: Page, inPage: number): number {
    const at = inPage * SECTOR_BYTES;
    const last = page.overlaidIds[inPage];
    if (this.#contents.isAt(last, page.words, at)) return last;
    return page.overlaidIds[inPage] = this.#contents.idOf(page.bytes, at);
  }

  #cut(content: number, lengthBytes: number): number {
    this.#contents.copyTo(content, this.#scratch);
    this.#scratch.fill(0, lengthBytes);
    return this.#contents.idOf(this.#scratch);
  }

  /** Decide the contents of a pending sector and put them into the page. */
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
      if (page.pending !== null || this.#layers.length > 0) {
        this.#settle(page, inPage, inPage + length);
      }
      into.set(page.part(inPage, length), done);
      done += length;
    }
    return count;
  }

  /** Decide the pending sectors among bytes `from` to `to` of a page. */
  #settle(page: Page, from: number, to: number): void {
    const end = Math.ceil(to / SECTOR_BYTES);
    for (let inPage = Math.floor(from / SECTOR_BYTES); inPage < end; inPage++) {
      this.#settleSector(page, inPage);
    }
  }

  /**
   * Put into a page the contents of a sector, from the topmost layer that decides it, or else from
   * the log.
   */
  #settleSector(page: Page, inPage: number, depth = this.#layers.length - 1): void {
    if (depth < 0) {
      const place = page.pending === null ? -1 : page.pending[inPage];
      if (place >= 0 && page.overlaidBy[inPage] < this.#run) this.#materialize(place, page);
      return;
    }
    const layer = this.#layers[depth];
    if (page.overlaidBy[inPage] >= layer.stamp) return;
    const sector = page.index * PAGE_SECTORS + inPage;
    if (!layer.has(sector)) this.#settleSector(page, inPage, depth - 1);
    else if (this.#space.preset.tears) this.#settleTorn(page, inPage, depth);
    else {
      const writes = layer.decide(sector);
      const isWhole = writes.length > 0 && coversSector(writes[0], sector);
      if (!isWhole) this.#settleSector(page, inPage, depth - 1);
      for (const write of writes) this.#overlaySector(page, inPage, write);
    }
  }

  /** The same where a sector may hold two versions. */
  #settleTorn(page: Page, inPage: number, depth: number): void {
    this.#settleSector(page, inPage, depth - 1);
    const layer = this.#layers[depth];
    const sector = page.index * PAGE_SECTORS + inPage;
    const at = inPage * SECTOR_BYTES;
    const scratch = page.bytes.slice(at, at + SECTOR_BYTES);
    const versions = [{ event: -1, content: this.#contents.idOf(scratch) }];
    for (const write of layer.writesTo(sector)) {
      putInto(scratch, sector * SECTOR_BYTES, write);
      versions.push({ event: write.event, content: this.#contents.idOf(scratch) });
    }
    const torn = tornVersions(versions, this.#contents);
    const chosen = layer.decideTorn(sector, versions.map(({ event }) => ({ event })), torn);
    const { content } = [...versions, ...torn].find((each) => isSameVersion(each, chosen))!;
    const bytes = this.#contents.bytesOf(content);
    this.#overlaySector(page, inPage, { offsetBytes: sector * SECTOR_BYTES, bytes });
  }

  /** Put the part of a write that falls into a sector there. */
  #overlaySector(
    page: Page,
    inPage: number,
    write: {
      readonly offsetBytes: number;
      readonly lengthBytes?: number;
      readonly bytes?: Uint8Array | undefined;
    },
  ): void {
    const at = inPage * SECTOR_BYTES;
    this.#claim(page, at, at + SECTOR_BYTES, page.index * PAGE_BYTES);
    putInto(page.bytes.subarray(at, at + SECTOR_BYTES), page.index * PAGE_BYTES + at, write);
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
    // The range between the sizes must read as zeroes after growth, now or later.
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
      const isAll = length === lengthBytes;
      if (bytes) page.bytes.set(isAll ? bytes : bytes.subarray(done, done + length), inPage);
      else page.bytes.fill(0, inPage, inPage + length);
      done += length;
    }
  }

  /** Save the sectors that are about to be written and mark them as the program's own. */
  #claim(page: Page, from: number, to: number, pageOffsetBytes: number): void {
    const end = Math.ceil(to / SECTOR_BYTES);
    for (let inPage = Math.floor(from / SECTOR_BYTES); inPage < end; inPage++) {
      if (page.overlaidBy[inPage] < this.#start.stamp) {
        const start = inPage * SECTOR_BYTES;
        const isPartial = start < from || start + SECTOR_BYTES > to;
        if (isPartial) this.#settleSector(page, inPage);
        this.#undo.save(page, inPage);
        // The rest of a sector at the end of the file is not there yet.
        const there = this.sizeBytes - (pageOffsetBytes + start);
        if (isPartial && there < SECTOR_BYTES) {
          page.bytes.fill(0, start + Math.max(0, there), start + SECTOR_BYTES);
        }
      }
      page.overlaidBy[inPage] = this.#stamp;
    }
  }
}

/** Whether a write covers all of a sector. */
function coversSector({ offsetBytes, lengthBytes }: RecoveryWrite, sector: number): boolean {
  const start = sector * SECTOR_BYTES;
  return offsetBytes <= start && offsetBytes + lengthBytes >= start + SECTOR_BYTES;
}

function known(content: number): Candidate {
  return { content, event: -1, because: [] };
}
