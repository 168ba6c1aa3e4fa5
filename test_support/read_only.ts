import type { Request, SyncStorage } from "../lib/storage/mod.ts";

/** `storage` for reading only: a request that would change it fails the test. */
export function readOnly(storage: SyncStorage): SyncStorage {
  return {
    perform(request: Request): number {
      if (request.kind === "read" || request.kind === "size") return storage.perform(request);
      throw new Error(`a ${request.kind} request to storage that must not change`);
    },
  };
}
