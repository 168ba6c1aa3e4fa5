import {
  type Operation,
  type Request,
  runSync,
  type SyncStorage,
  type Wait,
} from "../storage/mod.ts";
import { driveAsync } from "../storage/drive_async.ts";
import { isPause } from "./pause.ts";

/** After how many requests without a pause others have their turn all the same. */
const MAX_REQUESTS = 256;

/**
 * Lets others have their turn; `isSafe` says whether the operation is at a pause, where the image
 * could be closed cleanly. Elsewhere it is as if the power failed: good, once it is recovered.
 */
export type TakeTurn = (isSafe: boolean) => Promise<void>;

/**
 * Run an operation as `runSync` does, and now and then call `turn`, at each pause for certain. What
 * a turn throws ends the operation as the failure of a request would.
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
