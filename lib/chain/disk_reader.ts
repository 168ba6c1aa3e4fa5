import { ExtentWalker } from "./chain_extents.ts";
import type { ImageChain } from "./image_chain.ts";
import { dataRanges } from "../storage/data_ranges.ts";

/** Data of the guest's disk in a buffer. */
export interface DiskPiece {
  /** The offset on the disk, in bytes. */
  readonly offset: bigint;
  /** The start in the buffer, in bytes. */
  readonly start: number;
  /** The end in the buffer, in bytes. */
  readonly end: number;
}

/**
 * The size of one read, in bytes: small enough to stay in the processor's cache until it is
 * scanned.
 */
const PIECE_BYTES = 1 << 18;
/** Maximum number of extents per call, so that a call returns soon where there is little data. */
const MAX_EXTENTS = 1024;

/**
 * Reads the data of a guest's disk in order, all backing files included. Zeroes are left out: both
 * ranges known to be zero, and units that turn out to be.
 */
export class DiskReader implements Disposable {
  readonly #source: ImageChain;
  readonly #unitBytes: number;
  readonly #walker: ExtentWalker;
  #doneBytes: bigint;

  /**
   * A reader with units of `unitBytes`, a power of two, from `startBytes`, a multiple of that.
   * `source` must stay open.
   */
  constructor(source: ImageChain, unitBytes: number, startBytes = 0n) {
    this.#source = source;
    this.#unitBytes = unitBytes;
    this.#walker = new ExtentWalker(source);
    this.#doneBytes = startBytes;
  }

  /** The minimum size of a buffer, in bytes. */
  static minBytes(unitBytes: number): number {
    return Math.max(PIECE_BYTES, unitBytes);
  }

  /** The progress in bytes of the disk. */
  get doneBytes(): bigint {
    return this.#doneBytes;
  }

  /** Whether the end of the disk is reached. */
  get isDone(): boolean {
    return this.#doneBytes >= this.#source.guestBytes;
  }

  /**
   * Fill `into` with the next data of the disk, up to `endBytes`, a multiple of the unit. Returns
   * the pieces in it, possibly none.
   */
  read(into: Uint8Array, endBytes = this.#source.guestBytes): DiskPiece[] {
    const unit = BigInt(this.#unitBytes);
    const pieceBytes = DiskReader.minBytes(this.#unitBytes);
    const pieces: DiskPiece[] = [];
    let used = 0;
    for (let count = 0; count < MAX_EXTENTS && into.length - used >= pieceBytes; count++) {
      if (this.#doneBytes >= endBytes) break;
      const extent = this.#walker.next(this.#doneBytes);
      if (!extent) break;
      const end = extent.startBytes + extent.lengthBytes;
      if (extent.zero) {
        this.#doneBytes = min(end, endBytes);
        continue;
      }
      // Read whole units, since a unit is written as a whole.
      const start = this.#doneBytes / unit * unit;
      const wholeEnd = (end + unit - 1n) / unit * unit;
      const next = min(start + BigInt(pieceBytes), wholeEnd, endBytes);
      const bytes = into.subarray(used, used + Number(next - start));
      this.#source.read(start, bytes);
      for (const run of dataRanges(bytes, this.#unitBytes)) {
        const offset = start + BigInt(run.start);
        addPiece(pieces, { offset, start: used + run.start, end: used + run.end });
      }
      used = pieces[pieces.length - 1]?.end ?? 0;
      this.#doneBytes = next;
    }
    return pieces;
  }

  /** Close the files opened to find holes. */
  [Symbol.dispose](): void {
    this.#walker[Symbol.dispose]();
  }
}

/** Add a piece, or extend the last one if the piece continues it. */
function addPiece(pieces: DiskPiece[], run: DiskPiece): void {
  const last = pieces[pieces.length - 1];
  const canContinue = last && last.end === run.start &&
    last.offset + BigInt(last.end - last.start) === run.offset;
  if (canContinue) pieces[pieces.length - 1] = { ...last, end: run.end };
  else pieces.push(run);
}

function min(...values: readonly bigint[]): bigint {
  return values.reduce((low, value) => value < low ? value : low);
}
