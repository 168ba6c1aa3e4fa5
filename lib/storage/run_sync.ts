import { describeRequest, type Operation, type Request, type Wait } from "./request.ts";
import { canContinue, isShort, remainder } from "./transfer.ts";

/** Storage that answers synchronously, and throws {@linkcode StorageError} if a request fails. */
export interface SyncStorage {
  /** Perform one request and return its answer (see {@linkcode Operation}). */
  perform(request: Request): number;
}

/**
 * An operation made more requests than the limit allows, so it may never end.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { MemoryStorage, type Operation, runSync, StepLimitError } from "@powercut/powercut/lib";
 *
 * function* askForEver(): Operation<void> {
 *   while (true) yield { kind: "size", file: 0 };
 * }
 * assertThrows(() => runSync(askForEver(), [new MemoryStorage()], 1000), StepLimitError, "1000 requests");
 * ```
 */
export class StepLimitError extends Error {
  /** The name of this kind of error. */
  override readonly name = "StepLimitError";
}

/**
 * Run an operation to its end over `files`, one request after the other. The error of a failing
 * request is thrown into the operation at its `yield`; if the operation does not handle it, this
 * call throws it. An operation that waits for another one fails, since no other one runs here.
 * Throws {@linkcode StepLimitError}, not into the operation, at the request after `maxRequests`.
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
export function runSync<T>(
  operation: Operation<T>,
  files: readonly SyncStorage[],
  maxRequests = Infinity,
): T {
  let step = operation.next();
  for (let count = 0; !step.done; count++) {
    if (count >= maxRequests) {
      const { value } = step;
      const next = value.kind === "wait" ? `wait (${value.label})` : describeRequest(value);
      throw new StepLimitError(`no end after ${maxRequests} requests; the next is a ${next}`);
    }
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

const NOT_A_REQUEST = "an operation yielded something that is not a request of one of its files; " +
  "operations inside it need 'yield*'";

/** Perform a request, and the rest of it after a short transfer. */
function performAll(request: Request, files: readonly SyncStorage[]): number {
  const file = files[request.file];
  if (file === undefined) throw new TypeError(NOT_A_REQUEST);
  let answer = file.perform(request);
  while (isShort(request, answer)) {
    const movedBytes = file.perform(remainder(request, answer));
    if (!canContinue(request, movedBytes)) break;
    answer += movedBytes;
  }
  return answer;
}

function passTurn({ turn, label }: Wait): number {
  if (turn.isReady) return 0;
  throw new Error(`waiting (${label}) for another operation, but no other one is running`);
}
