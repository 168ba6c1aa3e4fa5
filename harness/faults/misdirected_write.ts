/**
 * A write that goes to the wrong place and is answered as if it had gone to the right one: to the next
 * place that the workload writes to as well, so that it hits what matters. What should have been
 * overwritten is as it was, and something else is gone. Nothing but a checksum that knows its place
 * can tell.
 *
 * Not modelled: reads from the wrong place, and places that the workload never writes to.
 *
 * @module
 */
import type { Fault } from "./fault.ts";

/** A write goes elsewhere. */
export const MISDIRECTED_WRITE: Fault = {
  name: "misdirected-write",
  summary: "a write goes to the next place that is written to, and is answered as if it had not",
  matches: (request) => request.kind === "write",
  *inject(request, others) {
    if (request.kind !== "write") return yield request;
    const own = others.indexOf(request.offsetBytes);
    const offsetBytes = others[(own + 1) % others.length] ?? request.offsetBytes;
    return yield { ...request, offsetBytes };
  },
};
