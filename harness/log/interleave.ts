import {
  type Operation,
  passThrough,
  type Request,
  runSync,
  type SyncStorage,
  type Wait,
} from "../../lib/storage/mod.ts";

/** An operation that is under way, and what it asks for. */
interface Running {
  readonly operation: Operation<unknown>;
  request: Request | Wait;
}

/**
 * Run operations side by side over the same files. They begin in their order, each going up to its
 * first request; from then on `choose` decides, by a number below the one it is given, which of the
 * requests on their way completes next, and with it which operation goes on. A request takes effect
 * when it completes. Operations that wait are not among the choices until their turn has come.
 *
 * Nothing else decides anything, so the same choices give the same run. Throws what an operation
 * throws, once all others have ended, and an error if each of them waits for another.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { interleave } from "@powercut/powercut/harness";
 * import { MemoryStorage, type Operation } from "@powercut/powercut/lib";
 *
 * const ended: string[] = [];
 * function* twice(name: string): Operation<void> {
 *   yield { kind: "size", file: 0 };
 *   yield { kind: "size", file: 0 };
 *   ended.push(name);
 * }
 * const last = (count: number) => count - 1;
 * interleave([twice("a"), twice("b")], [new MemoryStorage()], last);
 * assertEquals(ended, ["b", "a"]);
 * ```
 */
export function interleave(
  operations: readonly Operation<unknown>[],
  files: readonly SyncStorage[],
  choose: (count: number) => number,
): void {
  const errors: unknown[] = [];
  /** Take one step of an operation; undefined when it has ended. */
  const step = (
    operation: Operation<unknown>,
    advance: () => IteratorResult<Request | Wait>,
  ): Running | undefined => {
    try {
      const { done, value } = advance();
      return done ? undefined : { operation, request: value };
    } catch (error) {
      errors.push(error);
      return undefined;
    }
  };
  let running: Running[] = [];
  for (const operation of operations) {
    const begun = step(operation, () => operation.next());
    if (begun) running.push(begun);
  }
  while (running.length > 0) {
    const ready = running.filter(({ request }) => request.kind !== "wait" || request.turn.isReady);
    if (ready.length === 0) throw new Error("interleave: every operation waits for another");
    const chosen = ready[choose(ready.length)];
    const { operation, request } = chosen;
    const next = step(operation, () => answer(operation, request, files));
    if (next) chosen.request = next.request;
    else running = running.filter((other) => other !== chosen);
  }
  if (errors.length > 0) throw errors[0];
}

/** Let a request take effect, and its operation go on. */
function answer(
  operation: Operation<unknown>,
  request: Request | Wait,
  files: readonly SyncStorage[],
): IteratorResult<Request | Wait> {
  if (request.kind === "wait") return operation.next(0);
  let moved: number;
  try {
    moved = runSync(passThrough(request), files);
  } catch (error) {
    return operation.throw(error);
  }
  return operation.next(moved);
}
