/**
 * The order among operations that run on one image at the same time.
 *
 * An operation takes a range of the guest's disk before it looks anything up, to read it or to
 * change it. Those that overlap, unless all of them read, go in the order in which they came; all
 * others run side by side. Whoever changes tables takes a turn as well, of which there is one at a
 * time (Liguori, 10 September 2010 19:33: "requests run in parallel except allocating ones").
 *
 * A range always comes before the turn and nobody waits for a range while having the turn, so
 * nobody waits for each other in a circle.
 *
 * @module
 */
import type { Turn } from "./request.ts";

/** Bytes of the guest's disk as far as the order of accesses is concerned. */
export interface AccessRange {
  /** Where it starts. */
  readonly startBytes: number;
  /** Where it ends. */
  readonly endBytes: number;
}

/** Everything, also what is beyond the end of the disk. */
export const WHOLE_DISK: AccessRange = { startBytes: 0, endBytes: Infinity };

/** The range of an operation that is running or waiting. */
export class Access implements Turn {
  readonly #startBytes: number;
  readonly #endBytes: number;
  readonly #changes: boolean;
  /** How many accesses that came before must end first. */
  #blockers = 0;
  /** The accesses that wait for this one. */
  #followers: Access[] | undefined;
  #go: (() => void) | undefined;

  /** An access that waits for nothing yet. */
  constructor({ startBytes, endBytes }: AccessRange, changes: boolean) {
    this.#startBytes = startBytes;
    this.#endBytes = endBytes;
    this.#changes = changes;
  }

  /** Whether everything that had to end has ended. */
  get isReady(): boolean {
    return this.#blockers === 0;
  }

  /** Have `go` called when {@linkcode Access.isReady} comes to be true. */
  whenReady(go: () => void): void {
    this.#go = go;
  }

  /** Wait for `other`, which came before, if the two cannot run side by side. */
  follow(other: Access): void {
    const isApart = other.#endBytes <= this.#startBytes || this.#endBytes <= other.#startBytes;
    if (isApart || !(this.#changes || other.#changes)) return;
    this.#blockers++;
    (other.#followers ??= []).push(this);
  }

  /** It has ended: let those go that waited for nothing else. */
  release(): void {
    if (!this.#followers) return;
    for (const follower of this.#followers) {
      if (--follower.#blockers === 0) follower.#go?.();
    }
  }
}

/** The accesses to an image that run or wait. */
export class RangeLock {
  readonly #present: Access[] = [];

  /** Take a range, behind everything that is present; it may have to wait. */
  enter(range: AccessRange, intent: "read" | "change"): Access {
    const access = new Access(range, intent === "change");
    for (let i = 0; i < this.#present.length; i++) access.follow(this.#present[i]);
    this.#present.push(access);
    return access;
  }

  /** Give a range back, also one that was still waited for. */
  leave(access: Access): void {
    // In which order they are kept does not matter: each one knows whom it waits for.
    const last = this.#present.pop();
    if (last && last !== access) this.#present[this.#present.indexOf(access)] = last;
    access.release();
  }
}

/**
 * The range of `lengthBytes` at guest offset `offset`. Where a number is too coarse for an offset
 * the range is made larger rather than smaller.
 */
export function accessRange(offset: number | bigint, lengthBytes: number | bigint): AccessRange {
  if (typeof offset === "number" && typeof lengthBytes === "number") {
    const endBytes = offset + lengthBytes;
    if (endBytes <= Number.MAX_SAFE_INTEGER) return { startBytes: offset, endBytes };
  }
  const start = BigInt(offset);
  return { startBytes: exactBelow(start), endBytes: exactAbove(start + BigInt(lengthBytes)) };
}

/** Offsets end at 2^63: without the lowest 12 bits each one is a number exactly. */
const COARSE_BYTES = 4096n;

function exactBelow(offset: bigint): number {
  return Number(offset <= Number.MAX_SAFE_INTEGER ? offset : offset / COARSE_BYTES * COARSE_BYTES);
}

function exactAbove(offset: bigint): number {
  return exactBelow(
    offset <= Number.MAX_SAFE_INTEGER ? offset : offset + COARSE_BYTES - 1n,
  );
}
