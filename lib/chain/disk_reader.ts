import { ExtentWalker } from "./chain_extents.ts";
import type { ImageChain } from "./image_chain.ts";
import { dataRuns } from "../storage/zero_runs.ts";

/** Data of the guest's disk in a buffer. */
export interface DiskRun {
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
const MOST_EXTENTS = 1024;

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
  static leastBytes(unitBytes: number): number {
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
  read(into: Uint8Array, endBytes = this.#source.guestBytes): DiskRun[] {
    const unit = BigInt(this.#unitBytes);
    const pieceBytes = DiskReader.leastBytes(this.#unitBytes);
    const runs: DiskRun[] = [];
    let used = 0;
    for (let count = 0; count < MOST_EXTENTS && into.length - used >= pieceBytes; count++) {
      if (this.#doneBytes >= endBytes) break;
      const extent = this.#walker.next(this.#doneBytes);
      if (!extent) break;
      const end = extent.startBytes + extent.lengthBytes;
      if (extent.zero) {
        this.#doneBytes = least(end, endBytes);
        continue;
      }
      // Whole units: what else there is in them belongs to the same write.
      const start = this.#doneBytes / unit * unit;
      const wholeEnd = (end + unit - 1n) / unit * unit;
      const next = least(start + BigInt(pieceBytes), wholeEnd, endBytes);
      const bytes = into.subarray(used, used + Number(next - start));
      this.#source.read(start, bytes);
      for (const run of dataRuns(bytes, this.#unitBytes)) {
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
function addRun(runs: DiskRun[], run: DiskRun): void {
  const last = runs[runs.length - 1];
  const goesOn = last && last.end === run.start &&
    last.offset + BigInt(last.end - last.start) === run.offset;
  if (goesOn) runs[runs.length - 1] = { ...last, end: run.end };
  else runs.push(run);
}

function least(...values: readonly bigint[]): bigint {
  return values.reduce((low, value) => value < low ? value : low);
}
