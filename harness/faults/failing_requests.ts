/**
 * Requests that fail with an error.
 *
 * **Effect.** *Read*, EIO: returns nothing. *Write*, EIO: fails before anything was written
 * (`write-fails`), or after all was (`write-fails-late`); which of its sectors are on disk is
 * undecided, until a later write to the same place. *Growth*, ENOSPC: a write or a change of size
 * that would make the file grow fails and changes nothing; the next one may succeed. *Flush*, EIO:
 * the writes that it covers may be lost, and a later flush succeeds without them, as in operating
 * systems that mark pages clean that they could not write; a reader sees the new contents until the
 * power fails.
 *
 * **Requests.** Reads, writes, requests that grow the file, or flushes, one of them in each run.
 *
 * **Promise.** The driver reports the error, loses no data that was flushed before, and does not
 * take a second flush as a promise about the writes of the first one.
 *
 * **Example.** A flush fails, the driver flushes again, succeeds, and acknowledges the guest's
 * flush: its data is lost after a crash.
 *
 * Not modelled: errors of files other than the one under test.
 *
 * @module
 */
import { StorageError } from "../../lib/storage/mod.ts";
import type { Fault } from "./fault.ts";

/** A read fails with EIO. */
export const READ_FAILS: Fault = {
  name: "read-fails",
  summary: "a read fails with EIO",
  matches: (request) => request.kind === "read",
  // deno-lint-ignore require-yield -- the request does not reach the file
  *inject(request) {
    throw new StorageError("EIO", request);
  },
};

/** A write fails with EIO before any of it was written. */
export const WRITE_FAILS: Fault = {
  name: "write-fails",
  summary: "a write fails with EIO, and nothing of it is written",
  matches: (request) => request.kind === "write",
  // deno-lint-ignore require-yield -- the request does not reach the file
  *inject(request) {
    throw new StorageError("EIO", request);
  },
};

/** A write fails with EIO although all of it was written. */
export const WRITE_FAILS_LATE: Fault = {
  name: "write-fails-late",
  summary: "a write fails with EIO, although all of it is written",
  matches: (request) => request.kind === "write",
  *inject(request) {
    yield request;
    throw new StorageError("EIO", request);
  },
};

/** A flush fails with EIO, and drops the writes that it covers. */
export const FLUSH_FAILS: Fault = {
  name: "flush-fails",
  summary: "a flush fails with EIO and drops the writes that it covers; later flushes succeed",
  matches: (request) => request.kind === "flush",
  // deno-lint-ignore require-yield -- the request does not reach the file
  *inject(request) {
    throw new StorageError("EIO", request);
  },
};

/** The file cannot grow: no space is left. */
export const GROWTH_FAILS: Fault = {
  name: "growth-fails",
  summary: "a request that would make the file grow fails with ENOSPC",
  matches(request, sizeBytes) {
    if (request.kind === "write") return request.offsetBytes + request.bytes.length > sizeBytes;
    return request.kind === "resize" && request.sizeBytes > sizeBytes;
  },
  // deno-lint-ignore require-yield -- the request does not reach the file
  *inject(request) {
    throw new StorageError("ENOSPC", request);
  },
};
