/**
 * Blocks of data in shared memory that one thread fills and another one empties. Each slot belongs
 * to one of the two threads; the other one sleeps if it waits for the slot.
 *
 * @module
 */
import type { DiskPiece } from "./disk_reader.ts";

/** Data of the disk. */
export interface Block {
  /** The bytes that the pieces are in. */
  readonly bytes: Uint8Array;
  /** The data in it. */
  readonly pieces: readonly DiskPiece[];
  /** The progress in bytes of the disk after this block. */
  readonly doneBytes: bigint;
}

const SLOTS = 3;
/** The states of a slot; the thread that fills marks a slot as failed if it cannot continue. */
const EMPTY = 0;
const FULL = 1;
const FAILED = 2;
/** The number of fields before the list of pieces: the progress, and the number of pieces. */
const FIXED_FIELDS = 2;
const PIECE_FIELDS = 3;

/** The blocks, used by either thread. */
export class SharedBlocks {
  /** The memory to pass to the other thread. */
  readonly memory: SharedArrayBuffer;
  /** The size of a block in bytes. */
  readonly blockBytes: number;
  readonly #states: Int32Array;
  readonly #lists: readonly BigInt64Array[];
  readonly #blocks: readonly Uint8Array[];
  #slot = 0;

  /** Blocks of `blockBytes` with pieces of at least `unitBytes`, in `memory` or in new memory. */
  constructor(blockBytes: number, unitBytes: number, memory?: SharedArrayBuffer) {
    const max = Math.ceil(blockBytes / unitBytes) + 1;
    const listBytes = 8 * (FIXED_FIELDS + PIECE_FIELDS * max);
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

  /** Wait until the next slot is empty and call `fill` to fill it. */
  fill(fill: (bytes: Uint8Array) => Omit<Block, "bytes">): void {
    this.#await(EMPTY);
    const { pieces, doneBytes } = fill(this.#blocks[this.#slot]);
    const list = this.#lists[this.#slot];
    list[0] = doneBytes;
    list[1] = BigInt(pieces.length);
    pieces.forEach(({ offset, start, end }, i) => {
      list.set([offset, BigInt(start), BigInt(end)], FIXED_FIELDS + PIECE_FIELDS * i);
    });
    this.#hand(FULL);
  }

  /** Mark the next slot as failed: there are no more blocks. */
  fail(): void {
    this.#await(EMPTY);
    this.#hand(FAILED);
  }

  /**
   * Wait until the next slot is full and call `empty` with its block; false if the other thread
   * failed.
   */
  empty(empty: (block: Block) => void): boolean {
    if (this.#await(EMPTY, true) === FAILED) return false;
    const list = this.#lists[this.#slot];
    const pieces = Array.from({ length: Number(list[1]) }, (_, i) => {
      const at = FIXED_FIELDS + PIECE_FIELDS * i;
      return { offset: list[at], start: Number(list[at + 1]), end: Number(list[at + 2]) };
    });
    empty({ bytes: this.#blocks[this.#slot], pieces, doneBytes: list[0] });
    this.#hand(EMPTY);
    return true;
  }

  /** Wait until the state of the slot is `state` or, with `isNot`, any other state. */
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
