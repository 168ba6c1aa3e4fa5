import { type Operation, runSync, type SyncStorage } from "../../lib/storage/mod.ts";

/** Requests of one operation of a target: far more than any needs, and made within a minute. */
export const MAX_REQUESTS = 2 ** 22;

/**
 * Run an operation of a target. Throws what the operation throws, and StepLimitError if it does not
 * end.
 */
export function runTarget<T>(operation: Operation<T>, files: readonly SyncStorage[]): T {
  return runSync(operation, files, MAX_REQUESTS);
}
