/**
 * Blocks of data that one thread fills and another one empties, in turn, in memory that both see.
 * Each slot belongs to the one or to the other; whoever waits for a slot sleeps.
 *
 * @module
 */
import type { DiskPiece } from "./disk_reader.ts";

/** Data, and how far on the disk it goes. */
export interface Block {
  /** What the runs refer to. */
  readonly bytes: Uint8Array;
  /** The data in it. */
  readonly runs: readonly DiskPiece[];
  /** How far the disk is read with this block, in bytes. */
  readonly doneBytes: bigint;
}

const SLOTS = 3;
/** Whose a slot is. Its filler, who has found that it cannot go on, says so in the slot. */
const EMPTY = 0;
const FULL = 1;
const FAILED = 2;
/** Fields of the list of runs, before the runs: how far the disk is read, and how many there are. */
const FIXED_FIELDS = 2;
const RUN_FIELDS = 3;

/** The memory of the blocks, seen from either side. */
export class SharedBlocks {
  /** To be handed to the other thread. */
  readonly memory: SharedArrayBuffer;
  /** What each block holds at most, in bytes. */
  readonly blockBytes: number;
  readonly #states: Int32Array;
  readonly #lists: readonly BigInt64Array[];
  readonly #blocks: readonly Uint8Array[];
  #slot = 0;

  /** Blocks of `blockBytes` with runs of `unitBytes` at least; in `memory` if that is there. */
  constructor(blockBytes: number, unitBytes: number, memory?: SharedArrayBuffer) {
    const max = Math.ceil(blockBytes / unitBytes) + 1;
    const listBytes = 8 * (FIXED_FIELDS + RUN_FIELDS * max);
    const stateBytes = 8 * SLOTS;
    const slotBytes = listBytes + Math.ceil(blockBytes / 8) * 8;
    this.blockBytes = blockBytes;
    this.memory = memory ?? new SharedArrayBuffer(stateBytes + SLOTS * slotBytes);
    this.#states = new Int32Array(this.memory, 0, SLOTS);
    const starts = Array.from({ length: SLOTS }, (_, slot) => stateBytes + slot * slotBytes);
    this.#lists = starts.map((start) => new BigInt64Array(this.memory, start, listBytes / 8));
    this.#blocks = starts.map((start) => {
      return new Uint8Array(this.memory, start + listBytes, blockBytes);
    });
  }

  /** Wait for the next slot and have `fill` fill it. */
  fill(fill: (bytes: Uint8Array) => Omit<Block, "bytes">): void {
    this.#await(EMPTY);
    const { runs, doneBytes } = fill(this.#blocks[this.#slot]);
    const list = this.#lists[this.#slot];
    list[0] = doneBytes;
    list[1] = BigInt(runs.length);
    runs.forEach(({ offset, start, end }, i) => {
      list.set([offset, BigInt(start), BigInt(end)], FIXED_FIELDS + RUN_FIELDS * i);
    });
    this.#hand(FULL);
  }

  /** Say in the next slot that there will be no more. */
  fail(): void {
    this.#await(EMPTY);
    this.#hand(FAILED);
  }

  /** Wait for the next slot and have `empty` use what is in it; false if there will be no more. */
  empty(empty: (block: Block) => void): boolean {
    if (this.#await(EMPTY, true) === FAILED) return false;
    const list = this.#lists[this.#slot];
    const runs = Array.from({ length: Number(list[1]) }, (_, i) => {
      const at = FIXED_FIELDS + RUN_FIELDS * i;
      return { offset: list[at], start: Number(list[at + 1]), end: Number(list[at + 2]) };
    });
    empty({ bytes: this.#blocks[this.#slot], runs, doneBytes: list[0] });
    this.#hand(EMPTY);
    return true;
  }

  /** Wait until the state of the slot is `state`, or with `isNot` until it is something else. */
  #await(state: number, isNot = false): number {
    for (;;) {
      const found = Atomics.load(this.#states, this.#slot);
      if ((found === state) !== isNot) return found;
      Atomics.wait(this.#states, this.#slot, found);
    }
  }

  #hand(state: number): void {
    Atomics.store(this.#states, this.#slot, state);
    Atomics.notify(this.#states, this.#slot);
    this.#slot = (this.#slot + 1) % SLOTS;
  }
}
