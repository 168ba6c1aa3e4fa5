import type { Operation, Turn } from "../storage/mod.ts";

const AT_ONCE: Turn = { isReady: true, whenReady: (go) => go() };

/**
 * A place where a long operation may be left: what it did so far is complete, and the image could
 * be closed cleanly. Drivers go on at once; {@linkcode runInTurns} lets others have their turn.
 */
export function* pause(): Operation<void> {
  yield { kind: "wait", turn: AT_ONCE, label: "between two pieces" };
}

/** Whether what an operation waits for is that nobody else wants a turn. */
export function isPause(turn: Turn): boolean {
  return turn === AT_ONCE;
}
