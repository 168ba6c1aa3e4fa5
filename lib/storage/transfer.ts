import type { ReadRequest, Request, WriteRequest } from "./request.ts";
import { StorageError } from "./storage_error.ts";

/** Whether storage moved some, but not all, of the bytes that `request` names. */
export function isShort(request: Request, answer: number): request is ReadRequest | WriteRequest {
  if (request.kind === "read") return answer !== 0 && answer < request.into.length;
  if (request.kind === "write") return answer < request.bytes.length;
  return false;
}

/** The request for what is left of a short transfer after `doneBytes`. */
export function remainder<R extends ReadRequest | WriteRequest>(request: R, doneBytes: number): R {
  const offsetBytes = request.offsetBytes + doneBytes;
  return request.kind === "read"
    ? { ...request, offsetBytes, into: request.into.subarray(doneBytes) }
    : { ...request, offsetBytes, bytes: request.bytes.subarray(doneBytes) };
}

/**
 * Whether a short transfer goes on after `movedBytes` more: a read that moves nothing is at the end
 * of the file. Throws {@linkcode StorageError} when it is a write that makes no progress.
 */
export function canContinue(request: ReadRequest | WriteRequest, movedBytes: number): boolean {
  if (movedBytes > 0) return true;
  if (request.kind === "read") return false;
  throw new StorageError("EIO", request, "the write made no progress");
}
