import { Buffer } from "node:buffer";
import type { SyncStorage } from "../../lib/storage/mod.ts";
import { type Contents, SECTOR_BYTES, ZEROES } from "../model/contents.ts";
import type { Epoch } from "../model/epoch.ts";
import type { GuestRange, Target } from "../target/target.ts";
import type { CrashDisk } from "./crash_disk.ts";
import type { Candidate } from "./decision.ts";
import { BystanderFile, type DataReads, type Span } from "./data_reads.ts";
import { runTarget } from "../target/run_target.ts";

/** Some sectors of the guest's disk that come from one place. */
export interface Piece {
  /** The first sector of the guest's disk. */
  readonly guestSector: number;
  /** The file: 0 the one under test, others bystanders, -1 bytes that the read itself produced. */
  readonly file: number;
  /** The first sector in that file; -1 for bytes that the read itself produced. */
  readonly fileSector: number;
  /** For each sector its possible contents. */
  readonly candidates: readonly (readonly Candidate[])[];
  /** For crashes after this event, or later, all of it is permitted. */
  readonly fineFrom: number;
  /** Whether it is the same in every state in which the range comes from this place. */
  readonly isFixed: boolean;
}

/** A range that is read again and again. */
interface Reading {
  readonly into: Uint8Array;
  /** Zeroes as long as the read, if it is not long. */
  readonly zeroes: Uint8Array | undefined;
  /** The result of the last read. */
  pieces: Piece[];
}

const ONLY_ZEROES: readonly Candidate[] = [only(ZEROES)];
const ZERO_BYTES = new Uint8Array(2 ** 16);

/** A candidate that is certain. */
export function only(content: number): Candidate {
  return { content, event: -1, because: [] };
}

/**
 * Reads the guest's disk through a target and finds the possible contents of each sector. Pieces
 * from sectors that were neither decided nor written are equal in every state of an epoch, so they
 * are computed once and are the same object every time.
 */
export class GuestReader {
  readonly #target: Target;
  readonly #contents: Contents;
  readonly #epoch: Epoch;
  readonly #disk: CrashDisk;
  readonly #reads: DataReads;
  /** The files for the target's operations: the disk, then the bystanders. */
  readonly files: readonly SyncStorage[];
  readonly #readings = new Map<GuestRange, Reading>();
  readonly #pieces = new Map<string, Piece>();

  /** A reader for the states of `disk`, which belongs to `epoch`. */
  constructor(
    target: Target,
    contents: Contents,
    states: { readonly epoch: Epoch; readonly disk: CrashDisk; readonly reads: DataReads },
  ) {
    this.#target = target;
    this.#contents = contents;
    this.#epoch = states.epoch;
    this.#disk = states.disk;
    this.#reads = states.reads;
    this.files = [
      states.disk,
      ...target.otherFiles.map((file) => new BystanderFile(file, states.reads)),
    ];
  }

  /** Read a range. Returns its pieces, which ascend and cover it. */
  read(session: unknown, range: GuestRange): Piece[] {
    const reading = this.#readingOf(range);
    const { into, pieces: last } = reading;
    this.#reads.watch(into);
    try {
      runTarget(this.#target.read(session, range.offsetBytes, into), this.files);
    } finally {
      this.#reads.stop();
    }
    const firstSector = range.offsetBytes / SECTOR_BYTES;
    const pieces: Piece[] = reading.pieces = [];
    let position = 0;
    for (const span of this.#reads.spans) {
      // The rest of a read that was short is asked for again, and is known already.
      if (span.atBytes < position) continue;
      if (position < span.atBytes) {
        pieces.push(this.#gap(firstSector, reading, [position, span.atBytes], last[pieces.length]));
      }
      const guestSector = firstSector + span.atBytes / SECTOR_BYTES;
      pieces.push(this.#span(guestSector, span, last[pieces.length]));
      position = span.atBytes + span.lengthBytes;
    }
    if (position < into.length) {
      const gap = [position, into.length] as const;
      pieces.push(this.#gap(firstSector, reading, gap, last[pieces.length]));
    }
    return pieces;
  }

  #readingOf(range: GuestRange): Reading {
    const known = this.#readings.get(range);
    if (known) return known;
    const { lengthBytes } = range;
    const into = new Uint8Array(lengthBytes);
    const zeroes = lengthBytes > ZERO_BYTES.length
      ? undefined
      : ZERO_BYTES.subarray(0, lengthBytes);
    const reading = { into, zeroes, pieces: [] };
    this.#readings.set(range, reading);
    return reading;
  }

  /** Bytes that the read produced itself: zeroes, mostly. */
  #gap(
    firstSector: number,
    { into, zeroes }: Reading,
    [from, to]: readonly [from: number, to: number],
    last: Piece | undefined,
  ): Piece {
    const guestSector = firstSector + from / SECTOR_BYTES;
    const count = (to - from) / SECTOR_BYTES;
    const isAll = zeroes !== undefined && to - from === into.length;
    if (isAll ? Buffer.compare(into, zeroes) === 0 : isZeroes(into, from, to)) {
      const isAsLast = last?.isFixed && last.file === -1 && last.guestSector === guestSector &&
        last.candidates.length === count;
      if (isAsLast) return last;
      return this.#known(
        `zeroes ${guestSector} ${count}`,
        () => this.#piece(guestSector, -1, -1, new Array(count).fill(ONLY_ZEROES), true),
      );
    }
    const candidates = Array.from(
      { length: count },
      (_, i) => [only(this.#contents.idOf(into, from + i * SECTOR_BYTES))],
    );
    return this.#piece(guestSector, -1, -1, candidates, false);
  }

  /** `last` is the piece of the last read, which often repeats. */
  #span(guestSector: number, span: Span, last: Piece | undefined): Piece {
    const fileSector = span.fileOffsetBytes / SECTOR_BYTES;
    const count = span.lengthBytes / SECTOR_BYTES;
    const isFixed = span.file !== 0 ||
      this.#disk.isUntouched(span.fileOffsetBytes, span.lengthBytes);
    if (!isFixed) return this.#read(guestSector, span, isFixed);
    const isAsLast = last?.isFixed && last.file === span.file && last.guestSector === guestSector &&
      last.fileSector === fileSector && last.candidates.length === count;
    if (isAsLast) return last;
    const key = `${span.file} ${guestSector} ${fileSector} ${count}`;
    return this.#known(key, () => this.#read(guestSector, span, isFixed));
  }

  #read(
    guestSector: number,
    { file, fileOffsetBytes, lengthBytes }: Span,
    isFixed: boolean,
  ): Piece {
    const fileSector = fileOffsetBytes / SECTOR_BYTES;
    const candidates = Array.from(
      { length: lengthBytes / SECTOR_BYTES },
      (_, i) =>
        file === 0
          ? this.#disk.candidates(fileSector + i)
          : [only(this.#bystanderContent(file, fileSector + i))],
    );
    return this.#piece(guestSector, file, fileSector, candidates, isFixed);
  }

  #bystanderContent(file: number, sector: number): number {
    const into = new Uint8Array(SECTOR_BYTES);
    const offsetBytes = sector * SECTOR_BYTES;
    const storage = this.#target.otherFiles[file - 1];
    storage.perform({ kind: "read", file, offsetBytes, into, label: "bystander" });
    return this.#contents.idOf(into);
  }

  #known(key: string, make: () => Piece): Piece {
    let piece = this.#pieces.get(key);
    if (!piece) this.#pieces.set(key, piece = make());
    return piece;
  }

  #piece(
    guestSector: number,
    file: number,
    fileSector: number,
    candidates: readonly (readonly Candidate[])[],
    isFixed: boolean,
  ): Piece {
    let fineFrom = -Infinity;
    candidates.forEach((versions, i) => {
      for (const { content, event } of versions) {
        const since = this.#epoch.history.permittedSince(guestSector + i, content);
        // Possible from its event on, permitted from `since` on.
        if (event < since) fineFrom = Math.max(fineFrom, since);
      }
    });
    return { guestSector, file, fileSector, candidates, fineFrom, isFixed };
  }
}

function isZeroes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += ZERO_BYTES.length) {
    const length = Math.min(ZERO_BYTES.length, to - at);
    const piece = bytes.subarray(at, at + length);
    if (Buffer.compare(piece, ZERO_BYTES.subarray(0, length)) !== 0) return false;
  }
  return true;
}

/** A piece sector by sector. */
export function sectorsOf({ guestSector, file, fileSector, candidates }: Piece) {
  return candidates.map((versions, i) => ({
    guestSector: guestSector + i,
    file,
    fileSector: fileSector < 0 ? -1 : fileSector + i,
    versions,
  }));
}
