/**
 * Locks on ranges of the guest's disk, for operations that run on one image at the same time.
 *
 * An operation locks its range, to read or to change it, before it looks anything up. Operations
 * whose ranges overlap run in the order in which they came, unless all of them read; all others run
 * in parallel. An operation that changes tables also takes the allocation lock, which one operation
 * has at a time (Liguori, 10 September 2010 19:33: "requests run in parallel except allocating
 * ones").
 *
 * The range lock is always taken before the allocation lock, and no operation waits for a range
 * while it has the allocation lock, so there is no deadlock.
 *
 * @module
 */
import type { Operation, Turn } from "./request.ts";

/** A range of the guest's disk to lock. */
export interface AccessRange {
  /** Where it starts. */
  readonly startBytes: number;
  /** Where it ends. */
  readonly endBytes: number;
}

/** The whole disk, and everything past its end. */
export const WHOLE_DISK: AccessRange = { startBytes: 0, endBytes: Infinity };

/** The lock of an operation that is running or waiting. */
export class Access implements Turn {
  readonly #startBytes: number;
  readonly #endBytes: number;
  readonly #changes: boolean;
  /** The number of earlier accesses that must end first. */
  #blockers = 0;
  /** Later accesses that wait for this one. */
  #followers: Access[] | undefined;
  #go: (() => void) | undefined;

  /** An access that waits for nothing yet. */
  constructor({ startBytes, endBytes }: AccessRange, changes: boolean) {
    this.#startBytes = startBytes;
    this.#endBytes = endBytes;
    this.#changes = changes;
  }

  /** Whether all earlier accesses that it waits for have ended. */
  get isReady(): boolean {
    return this.#blockers === 0;
  }

  /** Call `go` when {@linkcode Access.isReady} becomes true. */
  whenReady(go: () => void): void {
    this.#go = go;
  }

  /** Wait for the earlier access `other` if the two cannot run in parallel. */
  follow(other: Access): void {
    const isApart = other.#endBytes <= this.#startBytes || this.#endBytes <= other.#startBytes;
    if (isApart || !(this.#changes || other.#changes)) return;
    this.#blockers++;
    (other.#followers ??= []).push(this);
  }

  /** End the access, and start those that waited for it only. */
  release(): void {
    if (!this.#followers) return;
    for (const follower of this.#followers) {
      if (--follower.#blockers === 0) follower.#go?.();
    }
  }
}

/** All accesses to one disk that run or wait. */
export class RangeLock {
  readonly #present: Access[] = [];

  /** Lock a range, after everything that is present; the access may have to wait. */
  enter(range: AccessRange, intent: "read" | "change"): Access {
    const access = new Access(range, intent === "change");
    for (let i = 0; i < this.#present.length; i++) access.follow(this.#present[i]);
    this.#present.push(access);
    return access;
  }

  /** Unlock a range, also one that still waits. */
  leave(access: Access): void {
    // Their order in this list does not matter: each access counts those that it waits for.
    const last = this.#present.pop();
    if (last && last !== access) this.#present[this.#present.indexOf(access)] = last;
    access.release();
  }
}

/** Run `work` with a range locked: wait for earlier accesses that overlap it, and unlock it at the end. */
export function* withRangeLock<T>(
  lock: RangeLock,
  { range, intent }: { readonly range: AccessRange; readonly intent: "read" | "change" },
  work: Operation<T>,
): Operation<T> {
  const access = lock.enter(range, intent);
  try {
    if (!access.isReady) yield { kind: "wait", turn: access, label: "overlapping request" };
    return yield* work;
  } finally {
    lock.leave(access);
  }
}

/**
 * The range of `lengthBytes` at guest offset `offset`. Where a number cannot hold an offset
 * exactly, the range is larger rather than smaller.
 */
export function accessRange(offset: number | bigint, lengthBytes: number | bigint): AccessRange {
  if (typeof offset === "number" && typeof lengthBytes === "number") {
    const endBytes = offset + lengthBytes;
    if (endBytes <= Number.MAX_SAFE_INTEGER) return { startBytes: offset, endBytes };
  }
  const start = BigInt(offset);
  return { startBytes: exactBelow(start), endBytes: exactAbove(start + BigInt(lengthBytes)) };
}

/** Offsets are below 2^63, so that without its lowest 12 bits each one is exact as a number. */
const COARSE_BYTES = 4096n;

function exactBelow(offset: bigint): number {
  return Number(offset <= Number.MAX_SAFE_INTEGER ? offset : offset / COARSE_BYTES * COARSE_BYTES);
}

function exactAbove(offset: bigint): number {
  return exactBelow(
    offset <= Number.MAX_SAFE_INTEGER ? offset : offset + COARSE_BYTES - 1n,
  );
}
