import {
  type Operation,
  passThrough,
  type Request,
  runSync,
  type SyncStorage,
  type Wait,
} from "../../lib/storage/mod.ts";

/** An operation that is under way, and what it asks for. */
export interface InFlight {
  /** Which of the operations, from 0 on. */
  readonly index: number;
  /** The request that is on its way, or the wait that it is in. */
  readonly request: Request | Wait;
}

/** Decides what completes next, and may look on. */
export interface Scheduler {
  /** Answer which of those that are `ready` completes next; `running` are all that have not ended. */
  choose(ready: readonly InFlight[], running: readonly InFlight[]): number;
  /** A request has taken effect; the operation does not know yet. A wait is answered with 0. */
  answered?(inFlight: InFlight, answer: number): void;
  /** All operations have ended. */
  ended?(): void;
}

/** What decides: somebody who sees the requests, or only how many there are. */
export type Choosing = Scheduler | ((count: number) => number);

interface Running extends InFlight {
  readonly operation: Operation<unknown>;
  request: Request | Wait;
}

/**
 * Run operations side by side over the same files. They begin in their order, each going up to its
 * first request; from then on `choose` decides, by a number below the one it is given, which of the
 * requests on their way completes next, and with it which operation goes on. A request takes effect
 * when it completes. Operations that wait are not among the choices until their turn has come.
 * A {@linkcode Scheduler} in its place sees what it chooses from.
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
  choose: Choosing,
): void {
  const scheduler = typeof choose === "function" ? countingScheduler(choose) : choose;
  const errors: unknown[] = [];
  /** Take one step of an operation; undefined when it has ended. */
  const step = (
    advance: () => IteratorResult<Request | Wait>,
  ): Request | Wait | undefined => {
    try {
      const { done, value } = advance();
      return done ? undefined : value;
    } catch (error) {
      errors.push(error);
      return undefined;
    }
  };
  let running: Running[] = [];
  for (const [index, operation] of operations.entries()) {
    const request = step(() => operation.next());
    if (request) running.push({ index, operation, request });
  }
  while (running.length > 0) {
    const ready = running.filter(({ request }) => request.kind !== "wait" || request.turn.isReady);
    if (ready.length === 0) throw new Error("interleave: every operation waits for another");
    const chosen = ready[scheduler.choose(ready, running)];
    const next = step(() => answer(chosen, files, scheduler));
    if (next) chosen.request = next;
    else running = running.filter((other) => other !== chosen);
  }
  scheduler.ended?.();
  if (errors.length > 0) throw errors[0];
}

function countingScheduler(choose: (count: number) => number): Scheduler {
  return { choose: ({ length }) => choose(length) };
}

/** Let a request take effect, and its operation go on. */
function answer(
  running: Running,
  files: readonly SyncStorage[],
  scheduler: Scheduler,
): IteratorResult<Request | Wait> {
  const { operation, request } = running;
  let moved = 0;
  if (request.kind !== "wait") {
    try {
      moved = runSync(passThrough(request), files);
    } catch (error) {
      scheduler.answered?.(running, -1);
      return operation.throw(error);
    }
  }
  scheduler.answered?.(running, moved);
  return operation.next(moved);
}
