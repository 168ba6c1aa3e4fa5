import type { Operation, Turn } from "../storage/mod.ts";

const AT_ONCE: Turn = { isReady: true, whenReady: (go) => go() };

/**
 * A point at which a long operation may be abandoned: its work so far is complete, and the image
 * could be closed cleanly. Drivers continue at once; {@linkcode runInTurns} runs other work.
 */
export function* pause(): Operation<void> {
  yield { kind: "wait", turn: AT_ONCE, label: "between two pieces" };
}

/** Whether an operation waits at a pause. */
export function isPause(turn: Turn): boolean {
  return turn === AT_ONCE;
}
