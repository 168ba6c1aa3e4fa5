import { describeRequest, type Request } from "./request.ts";

/**
 * A storage request that failed. `code` is the operating system's name for the reason (`EIO`,
 * `ENOSPC`, `EBADF` ...), so callers can tell a full disk from a broken one.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { MemoryStorage, StorageError } from "@powercut/powercut/lib";
 *
 * const full = new MemoryStorage(undefined, { capacityBytes: 1 });
 * assertThrows(
 *   () => full.perform({ kind: "resize", file: 0, sizeBytes: 2, label: "example" }),
 *   StorageError,
 *   "resize to 2 bytes (example) failed: ENOSPC",
 * );
 * ```
 */
export class StorageError extends Error {
  /** The name of this kind of error. */
  override readonly name = "StorageError";

  /** Build the error for `request`, which failed with `code`. */
  constructor(
    /** The operating system's error name, for example `ENOSPC`. */
    readonly code: string,
    /** The request that failed. */
    readonly request: Request,
    detail?: string,
  ) {
    super(`${describeRequest(request)} failed: ${code}${detail ? `: ${detail}` : ""}`);
  }
}
