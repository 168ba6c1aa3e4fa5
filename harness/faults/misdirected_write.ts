/**
 * **Effect.** A write goes to the wrong place and succeeds: to the next place that the workload
 * writes to, so that it hits contents that matter. Its own place keeps its old contents, and the
 * other place loses its contents.
 *
 * **Requests.** Writes.
 *
 * **Promise.** Only a checksum that includes the place detects it.
 *
 * **Example.** Two sectors of data, each with a checksum: the write of the first lands on the
 * second, whose checksum is still correct.
 *
 * Not modelled: reads from the wrong place, and places that the workload never writes to.
 *
 * @module
 */
import type { Fault } from "./fault.ts";

/** A write goes to another place. */
export const MISDIRECTED_WRITE: Fault = {
  name: "misdirected-write",
  summary: "a write goes to the next place that the workload writes to, and succeeds",
  matches: (request) => request.kind === "write",
  *inject(request, others) {
    if (request.kind !== "write") return yield request;
    const own = others.indexOf(request.offsetBytes);
    const offsetBytes = others[(own + 1) % others.length] ?? request.offsetBytes;
    return yield { ...request, offsetBytes };
  },
};
