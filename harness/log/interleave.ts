import {
  type Operation,
  passThrough,
  type Request,
  runSync,
  type SyncStorage,
  type Wait,
} from "../../lib/storage/mod.ts";

/** A running operation and its pending request. */
export interface InFlight {
  /** Which of the operations, from 0 on. */
  readonly index: number;
  /** The pending request, or the wait. */
  readonly request: Request | Wait;
}

/** Decides which request completes next, and may observe the run. */
export interface Scheduler {
  /** Answer which of those that are `ready` completes next; `running` are all that have not ended. */
  choose(ready: readonly InFlight[], running: readonly InFlight[]): number;
  /** A request has taken effect; the operation does not know yet. A wait is answered with 0. */
  answered?(inFlight: InFlight, answer: number): void;
  /** All operations have ended. */
  ended?(): void;
}

/** A scheduler that sees the requests, or a function that only gets their number. */
export type ChoiceFunction = Scheduler | ((count: number) => number);

interface Running extends InFlight {
  readonly operation: Operation<unknown>;
  request: Request | Wait;
}

/**
 * Run operations concurrently over the same files. They begin in their order, each up to its first
 * request; from then on `choose` decides, by a number below its argument, which pending request
 * completes next, and with it which operation continues. A request takes effect when it completes.
 * Waiting operations are not among the choices until their turn comes. A {@linkcode Scheduler} in
 * its place sees the requests.
 *
 * Nothing else influences the run, so the same choices give the same run. Throws what an operation
 * throws, once all others have ended, and an error if each of them waits for another.
 */
export function interleave(
  operations: readonly Operation<unknown>[],
  files: readonly SyncStorage[],
  choose: ChoiceFunction,
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

/** Let a request take effect, and continue its operation. */
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
