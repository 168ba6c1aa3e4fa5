import { describeRequest, type Request } from "./request.ts";

/**
 * A storage request that failed. `code` is the operating system's name for the reason (`EIO`,
 * `ENOSPC`, `EBADF` ...), so callers can tell a full disk from a broken one.
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
