/**
 * Run-time faults: storage carries out one request wrongly, in addition to crashes.
 *
 * | zone            | fault                                | request               | file                   |
 * | --------------- | ------------------------------------ | --------------------- | ---------------------- |
 * | error           | `read-fails`                         | read                  | `failing_requests.ts`  |
 * |                 | `write-fails`, `write-fails-late`    | write                 | `failing_requests.ts`  |
 * |                 | `flush-fails`                        | flush                 | `failing_requests.ts`  |
 * |                 | `growth-fails`                       | write, change of size | `failing_requests.ts`  |
 * | length          | `short-read`, `short-write`          | read, write           | `short_requests.ts`    |
 * | place           | `misdirected-write`                  | write                 | `misdirected_write.ts` |
 * | file at rest    | bit rot                              | none                  | `bit_rot.ts`           |
 *
 * A fault matches requests and is injected into the nth of them, counted from 0; all others pass.
 * Chance plays no part: `exploreFaults` tries each n. The promises to the guest stay: acknowledged
 * flushes lose nothing, reads return the data written, and a failed request is not acknowledged.
 *
 * Not modelled: several faults in one run, faults that come and go with time, and devices that fail
 * for good.
 *
 * @module
 */
import type { Filter, Request } from "../../lib/storage/mod.ts";

/** One kind of fault. */
export interface Fault {
  /** The name on the command line and in options. */
  readonly name: string;
  /** One line for reports. */
  readonly summary: string;
  /** Whether it can happen to a request of the file under test. */
  matches(request: Request, sizeBytes: number): boolean;
  /**
   * Carry out a matching request, wrongly: a filter for this one. `others` are the places that the
   * workload writes to without the fault, in bytes.
   */
  inject(request: Request, others: readonly number[]): ReturnType<Filter>;
}

/** A filter that injects a fault into the nth matching request, and counts the matches. */
export interface FaultyStorage {
  /** Put it between the recorder and the files. */
  readonly filter: Filter;
  /** The number of matching requests so far. */
  readonly pickedCount: number;
}

/**
 * Storage with one fault: in request number `nth`, from 0, of those that match.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { faultyStorage, FAULTS } from "@powercut/powercut/harness/advanced";
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
