import type { ReadRequest, Request, WriteRequest } from "./request.ts";
import { StorageError } from "./storage_error.ts";

/** Whether storage moved only some of the bytes of `request`. */
export function isShort(request: Request, answer: number): request is ReadRequest | WriteRequest {
  if (request.kind === "read") return answer !== 0 && answer < request.into.length;
  if (request.kind === "write") return answer < request.bytes.length;
  return false;
}

/** The request for the rest of a short transfer, after `doneBytes`. */
export function remainder<R extends ReadRequest | WriteRequest>(request: R, doneBytes: number): R {
  const offsetBytes = request.offsetBytes + doneBytes;
  return request.kind === "read"
    ? { ...request, offsetBytes, into: request.into.subarray(doneBytes) }
    : { ...request, offsetBytes, bytes: request.bytes.subarray(doneBytes) };
}

/**
 * Whether to continue a short transfer after `movedBytes` more: a read that moves nothing is at the
 * end of the file. Throws {@linkcode StorageError} for a write that makes no progress.
 */
export function canContinue(request: ReadRequest | WriteRequest, movedBytes: number): boolean {
  if (movedBytes > 0) return true;
  if (request.kind === "read") return false;
  throw new StorageError("EIO", request, "the write made no progress");
}
