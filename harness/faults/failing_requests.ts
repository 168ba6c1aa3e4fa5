/**
 * Requests that are answered with an error.
 *
 * **EIO** on a read: nothing is returned. On a write: the error may come before anything was written,
 * or after all was; which of its sectors are on disk is open either way, and stays so until somebody
 * writes there again. **ENOSPC**: a write, or a change of size, that would make the file grow fails,
 * and the file stays as it was; the next one may succeed. **EIO on a flush**: what it would have
 * covered may be gone, and a later flush succeeds without it, as in operating systems that mark pages
 * clean that they could not write; a reader sees the new contents until the power fails.
 *
 * A driver owes its guest that the error is told, that nothing that was flushed before is lost, and
 * that it never takes a second flush for a promise about what the first one had failed to cover.
 *
 * Not modelled: errors of other files than the one under test.
 *
 * @module
 */
import { StorageError } from "../../lib/storage/mod.ts";
import type { Fault } from "./fault.ts";

/** A read fails with EIO. */
export const READ_FAILS: Fault = {
  name: "read-fails",
  summary: "a read is answered with EIO",
  matches: (request) => request.kind === "read",
  // deno-lint-ignore require-yield -- the request does not reach the file
  *inject(request) {
    throw new StorageError("EIO", request);
  },
};

/** A write fails with EIO before anything of it was written. */
export const WRITE_FAILS: Fault = {
  name: "write-fails",
  summary: "a write is answered with EIO, and readers see nothing of it",
  matches: (request) => request.kind === "write",
  // deno-lint-ignore require-yield -- the request does not reach the file
  *inject(request) {
    throw new StorageError("EIO", request);
  },
};

/** A write fails with EIO although all of it was written. */
export const WRITE_FAILS_LATE: Fault = {
  name: "write-fails-late",
  summary: "a write is answered with EIO, and readers see all of it",
  matches: (request) => request.kind === "write",
  *inject(request) {
    yield request;
    throw new StorageError("EIO", request);
  },
};

/** A flush fails with EIO, and drops what it would have covered. */
export const FLUSH_FAILS: Fault = {
  name: "flush-fails",
  summary: "a flush is answered with EIO, and later ones succeed without what it was to cover",
  matches: (request) => request.kind === "flush",
  // deno-lint-ignore require-yield -- the request does not reach the file
  *inject(request) {
    throw new StorageError("EIO", request);
  },
};

/** There is no space for the file to grow. */
export const GROWTH_FAILS: Fault = {
  name: "growth-fails",
  summary: "a request that would make the file grow is answered with ENOSPC",
  matches(request, sizeBytes) {
    if (request.kind === "write") return request.offsetBytes + request.bytes.length > sizeBytes;
    return request.kind === "resize" && request.sizeBytes > sizeBytes;
  },
  // deno-lint-ignore require-yield -- the request does not reach the file
  *inject(request) {
    throw new StorageError("ENOSPC", request);
  },
};
