/**
 * Faults while running: what storage does wrong with one request, beside crashes.
 *
 * A fault picks requests (writes, reads ...) and spoils the nth of them, counted from 0; all others
 * go through. Which one is no matter of chance: `exploreFaults` tries each. What a driver owes its
 * guest under a fault is the same as ever: what was acknowledged as flushed is not lost, what is read
 * is what was written, and a request that could not be carried out is not acknowledged.
 *
 * Not modelled: several faults in one run, faults that come and go with time, and devices that are
 * gone for good.
 *
 * @module
 */
import type { Filter, Request } from "../../lib/storage/mod.ts";

/** One kind of fault. */
export interface Fault {
  /** The name it is asked for by. */
  readonly name: string;
  /** One line for reports. */
  readonly summary: string;
  /** Whether it can happen to a request of the file under test. */
  matches(request: Request, sizeBytes: number): boolean;
  /**
   * Carry out a request that is picked, wrongly: a filter for this one. `others` are the places that
   * the workload writes to without the fault, in bytes.
   */
  inject(request: Request, others: readonly number[]): ReturnType<Filter>;
}

/** A filter that spoils the nth request, and says how many could have been. */
export interface FaultyStorage {
  /** Put it between the recorder and the files. */
  readonly filter: Filter;
  /** How many requests were picked so far. */
  readonly pickedCount: number;
}

/**
 * Storage that has a fault once: with the request number `nth`, from 0, of those that are picked.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { faultyStorage, FAULTS } from "@powercut/powercut/harness";
 * import { filtered, MemoryStorage, type Operation, runSync, StorageError } from "@powercut/powercut/lib";
 *
 * function* flushTwice(): Operation<void> {
 *   yield { kind: "flush", file: 0, scope: "data", label: "first" };
 *   yield { kind: "flush", file: 0, scope: "data", label: "second" };
 * }
 * const { filter } = faultyStorage(FAULTS["flush-fails"], 1, []);
 * const run = () => runSync(filtered(flushTwice(), filter), [new MemoryStorage()]);
 * assertThrows(run, StorageError, "flush (second) failed: EIO");
 * ```
 */
export function faultyStorage(
  fault: Fault,
  nth: number,
  others: readonly number[],
): FaultyStorage {
  let count = 0;
  const filter: Filter = function* (request) {
    if (request.file !== 0) return yield request;
    const sizeBytes = yield { kind: "size", file: 0 };
    if (!fault.matches(request, sizeBytes) || count++ !== nth) return yield request;
    return yield* fault.inject(request, others);
  };
  return {
    filter,
    get pickedCount() {
      return count;
    },
  };
}
