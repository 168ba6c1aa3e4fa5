import type { Operation, Request } from "./request.ts";
import { canContinue, isShort, remainder } from "./transfer.ts";

/**
 * A layer between an operation and its storage. Given a request, a filter yields the requests to
 * perform (the same one, another, several, none) and returns the answer for the operation: the
 * bytes moved for reads and writes. After a short transfer the filter gets a request for the rest.
 * An error that it throws fails the request. A filter is an operation itself, so it runs under
 * every driver.
 */
export type Filter = (request: Request) => Operation<number>;

/**
 * The filter that performs each request unchanged.
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
 * The operation with `filters` below it: the first one gets the operation's requests, each further
 * one gets the requests of the filter before it.
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

/** Send a request through a filter, and the rest of it after a short transfer. */
function* filterAll(filter: Filter, request: Request): Operation<number> {
  let answer = yield* filter(request);
  while (isShort(request, answer)) {
    const movedBytes = yield* filter(remainder(request, answer));
    if (!canContinue(request, movedBytes)) break;
    answer += movedBytes;
  }
  return answer;
}
