import {
  type Operation,
  type Request,
  runSync,
  type SyncStorage,
  type Wait,
} from "../storage/mod.ts";
import { driveAsync } from "../storage/drive_async.ts";
import { isPause } from "./pause.ts";

/** Maximum number of requests without a pause before other work runs. */
const MAX_REQUESTS = 256;

/**
 * Runs other work between two requests of an operation. `isSafe` tells whether the operation is at
 * a pause, where the image could be closed cleanly. Anywhere else, abandoning the operation is like
 * a power cut: the image recovers when it is opened.
 */
export type TakeTurn = (isSafe: boolean) => Promise<void>;

/**
 * Run an operation as `runSync` does, and call `turn` at each pause and at least every
 * {@linkcode MAX_REQUESTS} requests. An error of `turn` is thrown into the operation like that of a
 * request.
 */
export function runInTurns<T>(
  operation: Operation<T>,
  files: readonly SyncStorage[],
  turn: TakeTurn,
): Promise<T> {
  let requests = 0;
  return driveAsync(operation, async (request) => {
    const isSafe = request.kind === "wait" && isPause(request.turn);
    if (isSafe || ++requests === MAX_REQUESTS) {
      requests = 0;
      await turn(isSafe);
    }
    return runSync(one(request), files);
  });
}

function* one(request: Request | Wait): Operation<number> {
  return yield request;
}
