import type { Operation, Request } from "./request.ts";
import { goesOn, isShort, restOf } from "./transfer.ts";

/** Storage that answers at once. Throws {@linkcode StorageError} when a request fails. */
export interface SyncStorage {
  /** Perform one request and return its number (see {@linkcode Operation}). */
  perform(request: Request): number;
}

/**
 * Run an operation to its end over `files`, one request after the other. A failing request is
 * thrown into the operation at its `yield`, where it may be handled; what it does not handle comes
 * out of this call.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MemoryStorage, type Operation, runSync } from "@powercut/powercut/lib";
 *
 * function* sizeOf(): Operation<number> {
 *   return yield { kind: "size", file: 0 };
 * }
 * assertEquals(runSync(sizeOf(), [new MemoryStorage(new Uint8Array(7))]), 7);
 * ```
 */
export function runSync<T>(operation: Operation<T>, files: readonly SyncStorage[]): T {
  let step = operation.next();
  while (!step.done) {
    const request = step.value;
    let answer: number;
    try {
      const file = files[request.file];
      answer = file.perform(request);
      while (isShort(request, answer)) {
        const movedBytes = file.perform(restOf(request, answer));
        if (!goesOn(request, movedBytes)) break;
        answer += movedBytes;
      }
    } catch (error) {
      step = operation.throw(error);
      continue;
    }
    step = operation.next(answer);
  }
  return step.value;
}
