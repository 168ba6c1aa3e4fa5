import { driveAsync } from "./drive_async.ts";
import type { Operation, Request, Turn } from "./request.ts";
import { canContinue, isShort, remainder } from "./transfer.ts";

/**
 * Storage that answers asynchronously, and rejects with {@linkcode StorageError} if a request
 * fails.
 */
export interface AsyncStorage {
  /** Start one request; the promise resolves to its answer (see {@linkcode Operation}). */
  submit(request: Request): Promise<number>;
}

async function passTurn(turn: Turn): Promise<number> {
  if (!turn.isReady) await new Promise<void>((resolve) => turn.whenReady(resolve));
  return 0;
}

/** Settings of an {@linkcode AsyncDriver}. */
export interface AsyncDriverOptions {
  /** Maximum number of requests in flight over all operations; 32 by default. */
  readonly maxInFlight?: number;
}

/**
 * Runs many operations at once over the same files. Each operation has one request in flight at a
 * time, so the number of requests in flight is the number of running operations, up to
 * `maxInFlight`; further requests queue.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { AsyncDriver, type Operation } from "@powercut/powercut/lib";
 *
 * function* sizeOf(): Operation<number> {
 *   return yield { kind: "size", file: 0 };
 * }
 * const driver = new AsyncDriver([{ submit: () => Promise.resolve(7) }]);
 * assertEquals(await Promise.all([driver.run(sizeOf()), driver.run(sizeOf())]), [7, 7]);
 * ```
 */
export class AsyncDriver {
  readonly #files: readonly AsyncStorage[];
  readonly #maxInFlight: number;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  /**
   * Drive operations over `files`, addressed by their slot. Throws `RangeError` for a `maxInFlight`
   * below 1.
   */
  constructor(files: readonly AsyncStorage[], options: AsyncDriverOptions = {}) {
    this.#files = files;
    this.#maxInFlight = options.maxInFlight ?? 32;
    if (!(this.#maxInFlight >= 1)) {
      throw new RangeError(`maxInFlight is ${this.#maxInFlight}: must be at least 1`);
    }
  }

  /** Run one operation to its end. Several may run at the same time. */
  run<T>(operation: Operation<T>): Promise<T> {
    return driveAsync(
      operation,
      (request) => request.kind === "wait" ? passTurn(request.turn) : this.#performAll(request),
    );
  }

  /** Perform a request, and the rest of it where storage moved fewer bytes than it could. */
  async #performAll(request: Request): Promise<number> {
    if (this.#inFlight < this.#maxInFlight) this.#inFlight++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const file = this.#files[request.file];
      let answer = await file.submit(request);
      while (isShort(request, answer)) {
        const movedBytes = await file.submit(remainder(request, answer));
        if (!canContinue(request, movedBytes)) break;
        answer += movedBytes;
      }
      return answer;
    } finally {
      // Hand the place to the next in line directly, so that no newcomer takes it.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inFlight--;
    }
  }
}
