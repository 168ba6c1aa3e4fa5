import type { Operation, Request, Wait } from "./request.ts";
import { goesOn, isShort, restOf } from "./transfer.ts";

/** Storage that answers at once. Throws {@linkcode StorageError} when a request fails. */
export interface SyncStorage {
  /** Perform one request and return its number (see {@linkcode Operation}). */
  perform(request: Request): number;
}

/**
 * Run an operation to its end over `files`, one request after the other. A failing request is
 * thrown into the operation at its `yield`, where it may be handled; what it does not handle comes
 * out of this call. An operation that waits for another one fails: nothing else runs here.
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
      answer = request.kind === "wait" ? passTurn(request) : performAll(request, files);
    } catch (error) {
      step = operation.throw(error);
      continue;
    }
    step = operation.next(answer);
  }
  return step.value;
}

/** Perform a request, and what is left of it where storage moved less than it could. */
function performAll(request: Request, files: readonly SyncStorage[]): number {
  const file = files[request.file];
  let answer = file.perform(request);
  while (isShort(request, answer)) {
    const movedBytes = file.perform(restOf(request, answer));
    if (!goesOn(request, movedBytes)) break;
    answer += movedBytes;
  }
  return answer;
}

function passTurn({ turn, label }: Wait): number {
  if (turn.isReady) return 0;
  throw new Error(`waiting (${label}) for another operation, and none is running`);
}
