/**
 * Requests that move fewer bytes than they could: the first half, and say so. That is no error: the
 * answer is the number of bytes, and whoever asked has to ask for the rest.
 *
 * Not modelled: requests that move nothing at all, which at the end of a file means that it ends.
 *
 * @module
 */
import type { Fault } from "./fault.ts";

const half = (bytes: Uint8Array) => bytes.subarray(0, Math.ceil(bytes.length / 2));

/** A read returns half of what there is. */
export const SHORT_READ: Fault = {
  name: "short-read",
  summary: "a read moves half of its bytes, and says so",
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
  summary: "a write moves half of its bytes, and says so",
  matches: (request) => request.kind === "write" && request.bytes.length > 1,
  *inject(request) {
    if (request.kind !== "write") return yield request;
    return yield { ...request, bytes: half(request.bytes) };
  },
};
