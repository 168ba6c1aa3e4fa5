/** A number of states: exact while it fits, and its binary logarithm always. */
export interface StateCount {
  /** The number in decimal; undefined from 2^64 on. */
  readonly exact?: string;
  /** log2 of the number. */
  readonly log2: number;
}

/**
 * A number of states for people: exact while short, otherwise a power of two.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatStates } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(formatStates({ exact: "4098", log2: 12 }), "4098");
 * assertEquals(formatStates({ log2: 92.31 }), "2^92.3");
 * ```
 */
export function formatStates(count: StateCount): string {
  if (count.exact !== undefined && count.exact.length <= 6) return count.exact;
  return `2^${count.log2.toFixed(1)}`;
}
