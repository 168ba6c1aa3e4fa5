import type { StateCount } from "../exploration.ts";

/** A number of states for people: exact while short, otherwise a power of two. */
export function formatStates(count: StateCount): string {
  if (count.exact !== undefined && count.exact.length <= 6) return count.exact;
  return `2^${count.log2.toFixed(1)}`;
}
