import type { Operation, Request } from "./request.ts";
import { canContinue, isShort, remainder } from "./transfer.ts";

/**
 * A layer between an operation and its storage: given a request, it yields what should really
 * happen (the same request, another, several, none) and returns the answer for the operation:
 * for reads and writes the bytes moved, and where these are too few the filter is asked for the
 * rest. Throwing fails the request. Being an operation itself, a filter runs under every driver.
 */
export type Filter = (request: Request) => Operation<number>;

/**
 * The filter that changes nothing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { filtered, MemoryStorage, type Operation, passThrough, runSync } from "@powercut/powercut/lib";
 *
 * function* size(): Operation<number> {
 *   return yield { kind: "size", file: 0 };
 * }
 * assertEquals(runSync(filtered(size(), passThrough), [new MemoryStorage()]), 0);
 * ```
 */
export function* passThrough(request: Request): Operation<number> {
  return yield request;
}

/**
 * The operation as seen through `filters`: the first one sees the operation's own requests, each
 * further one sees what the filter before it lets through.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Filter, filtered, MemoryStorage, runSync } from "@powercut/powercut/lib";
 *
 * const seen: string[] = [];
 * const spy: Filter = function* (request) {
 *   seen.push(request.kind);
 *   return yield request;
 * };
 * runSync(filtered((function* () {
 *   yield { kind: "size", file: 0 };
 * })(), spy), [new MemoryStorage()]);
 * assertEquals(seen, ["size"]);
 * ```
 */
export function filtered<T>(operation: Operation<T>, ...filters: Filter[]): Operation<T> {
  return filters.reduce((inner, filter) => through(inner, filter), operation);
}

function* through<T>(operation: Operation<T>, filter: Filter): Operation<T> {
  let step = operation.next();
  while (!step.done) {
    const request = step.value;
    let answer: number;
    try {
      answer = request.kind === "wait" ? yield request : yield* filterAll(filter, request);
    } catch (error) {
      step = operation.throw(error);
      continue;
    }
    step = operation.next(answer);
  }
  return step.value;
}

/** Send a request through, and what is left of it where the filter moved less than it could. */
function* filterAll(filter: Filter, request: Request): Operation<number> {
  let answer = yield* filter(request);
  while (isShort(request, answer)) {
    const movedBytes = yield* filter(remainder(request, answer));
    if (!canContinue(request, movedBytes)) break;
    answer += movedBytes;
  }
  return answer;
}
