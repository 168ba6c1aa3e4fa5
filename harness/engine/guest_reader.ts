import { Buffer } from "node:buffer";
import { runSync, type SyncStorage } from "../../lib/storage/mod.ts";
import { type Contents, SECTOR_BYTES, ZEROES } from "../model/contents.ts";
import type { Epoch } from "../model/epochs.ts";
import type { GuestRange, Target } from "../target.ts";
import type { CrashDisk } from "./crash_disk.ts";
import type { Candidate } from "./decisions.ts";
import { BystanderFile, type OpaqueReads, type Span } from "./opaque_reads.ts";

/** Some sectors of the guest's disk that come from one place. */
export interface Piece {
  /** The first sector of the guest's disk. */
  readonly guestSector: number;
  /** The file: 0 the one under test, others bystanders, -1 bytes that the read itself produced. */
  readonly file: number;
  /** The first sector in that file; -1 for bytes that the read itself produced. */
  readonly fileSector: number;
  /** For each sector what it may hold. */
  readonly candidates: readonly (readonly Candidate[])[];
  /** For crashes after this event, or later, all of it is permitted. */
  readonly fineFrom: number;
}

const ONLY_ZEROES: readonly Candidate[] = [only(ZEROES)];
const ZERO_BYTES = new Uint8Array(2 ** 16);

/** A candidate that is certain. */
export function only(content: number): Candidate {
  return { content, event: -1, because: [] };
}

/**
 * Reads the guest's disk through a target and finds out what each sector may hold. What comes
 * from sectors that nobody decided or wrote is the same in every state of an epoch, so it is
 * worked out once: such pieces are the same object every time.
 */
export class GuestReader {
  readonly #target: Target;
  readonly #contents: Contents;
  readonly #epoch: Epoch;
  readonly #disk: CrashDisk;
  readonly #reads: OpaqueReads;
  /** The files for the target's operations: the disk, and the bystanders behind it. */
  readonly files: readonly SyncStorage[];
  readonly #buffers = new Map<GuestRange, Uint8Array>();
  readonly #pieces = new Map<string, Piece>();

  /** A reader for the states of `disk`, which belongs to `epoch`. */
  constructor(
    target: Target,
    contents: Contents,
    states: { readonly epoch: Epoch; readonly disk: CrashDisk; readonly reads: OpaqueReads },
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

  /** Read a range. Answers its pieces, which ascend and cover it. */
  read(session: unknown, range: GuestRange): Piece[] {
    let into = this.#buffers.get(range);
    if (!into) this.#buffers.set(range, into = new Uint8Array(range.lengthBytes));
    this.#reads.watch(into);
    try {
      runSync(this.#target.read(session, range.offsetBytes, into), this.files);
    } finally {
      this.#reads.stop();
    }
    const firstSector = range.offsetBytes / SECTOR_BYTES;
    const pieces: Piece[] = [];
    let position = 0;
    for (const span of this.#reads.spans) {
      // The rest of a read that was short is asked for again, and is known already.
      if (span.atBytes < position) continue;
      if (position < span.atBytes) {
        pieces.push(this.#gap(firstSector, into, position, span.atBytes));
      }
      pieces.push(this.#span(firstSector + span.atBytes / SECTOR_BYTES, span));
      position = span.atBytes + span.lengthBytes;
    }
    if (position < into.length) pieces.push(this.#gap(firstSector, into, position, into.length));
    return pieces;
  }

  /** Bytes that the read produced itself: zeroes, mostly. */
  #gap(firstSector: number, into: Uint8Array, from: number, to: number): Piece {
    const guestSector = firstSector + from / SECTOR_BYTES;
    const count = (to - from) / SECTOR_BYTES;
    if (isZeroes(into, from, to)) {
      return this.#known(
        `zeroes ${guestSector} ${count}`,
        () => this.#piece(guestSector, -1, -1, new Array(count).fill(ONLY_ZEROES)),
      );
    }
    const candidates = Array.from(
      { length: count },
      (_, i) => [only(this.#contents.idOf(into, from + i * SECTOR_BYTES))],
    );
    return this.#piece(guestSector, -1, -1, candidates);
  }

  #span(guestSector: number, span: Span): Piece {
    const fileSector = span.fileOffsetBytes / SECTOR_BYTES;
    const count = span.lengthBytes / SECTOR_BYTES;
    const read = () => {
      const candidates = Array.from(
        { length: count },
        (_, i) =>
          span.file === 0
            ? this.#disk.candidates(fileSector + i)
            : [only(this.#bystanderContent(span.file, fileSector + i))],
      );
      return this.#piece(guestSector, span.file, fileSector, candidates);
    };
    const isTouched = span.file === 0 &&
      !this.#disk.isUntouched(span.fileOffsetBytes, span.lengthBytes);
    return isTouched
      ? read()
      : this.#known(`${span.file} ${guestSector} ${fileSector} ${count}`, read);
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
  ): Piece {
    let fineFrom = -Infinity;
    candidates.forEach((versions, i) => {
      for (const { content, event } of versions) {
        const since = this.#epoch.history.permittedSince(guestSector + i, content);
        // Possible from its event on, permitted from `since` on.
        if (event < since) fineFrom = Math.max(fineFrom, since);
      }
    });
    return { guestSector, file, fileSector, candidates, fineFrom };
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
