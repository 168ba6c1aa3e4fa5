import { ExtentWalker } from "./chain_extents.ts";
import type { ImageChain } from "./image_chain.ts";
import { dataRanges } from "../storage/data_ranges.ts";

/** Data of the guest's disk in a buffer. */
export interface DiskPiece {
  /** Where it is on the disk, in bytes. */
  readonly offset: bigint;
  /** Where it starts in the buffer. */
  readonly start: number;
  /** Where it ends in the buffer. */
  readonly end: number;
}

/** Small enough to stay in the processor's cache between reading and looking. */
const PIECE_BYTES = 1 << 18;
/** So that an answer comes soon also where there is little data to be found. */
const MAX_EXTENTS = 1024;

/**
 * Goes through what the guest of a chain sees, all backing files included, from the start, and
 * gives the data. What reads as zeroes is left out: neither what is known to, nor units in which
 * only zeroes are found.
 */
export class DiskReader implements Disposable {
  readonly #source: ImageChain;
  readonly #unitBytes: number;
  readonly #walker: ExtentWalker;
  #doneBytes: bigint;

  /**
   * Data counts in units of `unitBytes`: a power of two. The first is at `startBytes`, a multiple of
   * that. `source` must stay open.
   */
  constructor(source: ImageChain, unitBytes: number, startBytes = 0n) {
    this.#source = source;
    this.#unitBytes = unitBytes;
    this.#walker = new ExtentWalker(source);
    this.#doneBytes = startBytes;
  }

  /** What must fit into a buffer at least, in bytes. */
  static minBytes(unitBytes: number): number {
    return Math.max(PIECE_BYTES, unitBytes);
  }

  /** How far it is, in bytes of the disk. */
  get doneBytes(): bigint {
    return this.#doneBytes;
  }

  /** Whether the end of the disk is reached. */
  get isDone(): boolean {
    return this.#doneBytes >= this.#source.guestBytes;
  }

  /**
   * Fill `into` with the data that comes next, as far as it goes, but not what is behind `endBytes`,
   * a multiple of the unit. There need not be any.
   */
  read(into: Uint8Array, endBytes = this.#source.guestBytes): DiskPiece[] {
    const unit = BigInt(this.#unitBytes);
    const pieceBytes = DiskReader.minBytes(this.#unitBytes);
    const runs: DiskPiece[] = [];
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
      // Whole units: what else there is in them belongs to the same write.
      const start = this.#doneBytes / unit * unit;
      const wholeEnd = (end + unit - 1n) / unit * unit;
      const next = min(start + BigInt(pieceBytes), wholeEnd, endBytes);
      const bytes = into.subarray(used, used + Number(next - start));
      this.#source.read(start, bytes);
      for (const run of dataRanges(bytes, this.#unitBytes)) {
        const offset = start + BigInt(run.start);
        addRun(runs, { offset, start: used + run.start, end: used + run.end });
      }
      used = runs[runs.length - 1]?.end ?? 0;
      this.#doneBytes = next;
    }
    return runs;
  }

  /** Close what was opened to find holes. */
  [Symbol.dispose](): void {
    this.#walker[Symbol.dispose]();
  }
}

/** Add a run, to the last one where it goes on with that. */
function addRun(runs: DiskPiece[], run: DiskPiece): void {
  const last = runs[runs.length - 1];
  const canContinue = last && last.end === run.start &&
    last.offset + BigInt(last.end - last.start) === run.offset;
  if (canContinue) runs[runs.length - 1] = { ...last, end: run.end };
  else runs.push(run);
}

function min(...values: readonly bigint[]): bigint {
  return values.reduce((low, value) => value < low ? value : low);
}
