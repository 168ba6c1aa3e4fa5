import type { Filter } from "../../lib/mod.ts";

/** The planted bug that leaves out flushes with these labels. */
export function skipFlushes(...labels: readonly string[]): Filter {
  return function* (request) {
    const isSkipped = request.kind === "flush" && labels.includes(request.label);
    return isSkipped ? 0 : yield request;
  };
}
