import type { SearchEffort } from "./certificate.ts";

/** Of a search that has not begun. */
export const NO_EFFORT: SearchEffort = Object.freeze({ recoveries: 0, known: 0, additions: 0 });

/** The cost of two parts of a search together. */
export function addEfforts(a: SearchEffort, b: SearchEffort): SearchEffort {
  return {
    recoveries: a.recoveries + b.recoveries,
    known: a.known + b.known,
    additions: a.additions + b.additions,
  };
}
