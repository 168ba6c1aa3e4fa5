/**
 * **Effect.** A request moves the first half of its bytes and returns their number. That is no
 * error: the caller must request the rest.
 *
 * **Requests.** Reads and writes of at least two bytes.
 *
 * **Promise.** The driver continues with the rest.
 *
 * **Example.** A table of 4096 bytes is read in one request, and the driver uses a buffer that is
 * half empty.
 *
 * Not modelled: requests that move nothing at all, which at the end of a file means that it ends.
 *
 * @module
 */
import type { Fault } from "./fault.ts";

const half = (bytes: Uint8Array) => bytes.subarray(0, Math.ceil(bytes.length / 2));

/** A read returns half of its bytes. */
export const SHORT_READ: Fault = {
  name: "short-read",
  summary: "a read returns half of its bytes, and their number",
  matches: (request, sizeBytes) =>
    request.kind === "read" && request.into.length > 1 &&
    request.offsetBytes + request.into.length <= sizeBytes,
  *inject(request) {
    if (request.kind !== "read") return yield request;
    return yield { ...request, into: half(request.into) };
  },
};

/** A write stores half of its bytes. */
export const SHORT_WRITE: Fault = {
  name: "short-write",
  summary: "a write stores half of its bytes, and returns their number",
  matches: (request) => request.kind === "write" && request.bytes.length > 1,
  *inject(request) {
    if (request.kind !== "write") return yield request;
    return yield { ...request, bytes: half(request.bytes) };
  },
};
