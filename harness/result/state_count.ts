/** A number of states: exact while it fits, and its binary logarithm always. */
export interface StateCount {
  /** The number in decimal; undefined from 2^64 on. */
  readonly exact?: string;
  /** log2 of the number. */
  readonly log2: number;
}
