/** Mutants of the driver's source, and their outcomes. */

/** The part of the driver that a mutant changes. */
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

/** A mutant that replaces one piece of source. */
export interface SourceMutant {
  /** The change, in a few words. */
  readonly name: string;
  readonly area: Area;
  /** The file under lib/. */
  readonly file: string;
  /** A piece of it that occurs once. */
  readonly find: string;
  /** The replacement. */
  readonly replace: string;
  /** The effect on the guest. */
  readonly why: string;
  /** The trials to run, in this order; all of them if not given. */
  readonly trials?: readonly string[];
}

/** How a mutant was detected. */
export interface Kill {
  /** The trial that showed it: a workload, a commit, or requests in flight. */
  readonly trial: string;
  /** The kind of violation, or `throws` for a driver that did not get through its workload. */
  readonly oracle: string;
  /** The exception, where one revealed the mutant: no promise was checked then. */
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

/** The outcome of one mutant. */
export interface Outcome {
  readonly name: string;
  readonly area: Area;
  readonly kind: "source" | "filter";
  /** Undefined if it survives. */
  readonly kill?: Kill;
}

/** The outcome of a whole run. */
export interface Report {
  readonly outcomes: readonly Outcome[];
  /** Trials on the unchanged driver, all of them. */
  readonly correctTrials: number;
  /** Trials that report the correct driver. */
  readonly falseAlarms: readonly string[];
}
