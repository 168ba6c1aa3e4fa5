/** Planted defects in the driver's source, and what is known of them once they have been run. */

/** The part of the driver that a defect is in. */
export type Area =
  | "write"
  | "copy-on-write"
  | "l2-growth"
  | "need-check"
  | "reuse"
  | "grow"
  | "commit"
  | "repair"
  | "cache"
  | "header"
  | "concurrency"
  | "ordering";

/** A defect that is one replaced piece of source. */
export interface SourceMutant {
  /** What is wrong, in a few words. */
  readonly name: string;
  readonly area: Area;
  /** The file under lib/. */
  readonly file: string;
  /** A piece of it that occurs once. */
  readonly find: string;
  /** What stands there instead. */
  readonly replace: string;
  /** What a driver like that does to its guest. */
  readonly why: string;
  /** The trials to run, in this order; all of them if not given. */
  readonly trials?: readonly string[];
}

/** How a defect was found. */
export interface Kill {
  /** The trial that showed it: a workload, a commit, or requests in flight. */
  readonly trial: string;
  /** The kind of violation, or `throws` for a driver that did not get through its workload. */
  readonly oracle: string;
  /** What was thrown, where that is how it was found: no promise was judged then. */
  readonly message?: string;
  readonly preset: string;
  /** Recoveries up to the first failure. */
  readonly states: number;
  readonly milliseconds: number;
  /** Steps that are left once none can be left out. */
  readonly requests: number;
  /** Writes that must reach the disk out of those under way, in the smallest state found. */
  readonly persisted: number;
}

/** What came of one defect. */
export interface Outcome {
  readonly name: string;
  readonly area: Area;
  readonly kind: "source" | "filter";
  /** Undefined if it was not found. */
  readonly kill?: Kill;
}

/** What came of a whole run. */
export interface Report {
  readonly outcomes: readonly Outcome[];
  /** Trials on the unchanged driver, all of them. */
  readonly correctTrials: number;
  /** Trials that report something although nothing is wrong. */
  readonly falseAlarms: readonly string[];
}
