import type { Preset } from "../model/presets.ts";
import type { Step } from "../target/subject.ts";

/** How the crash states of a workload are searched. */
export type EngineName = "lazy" | "brute" | "sampled" | "deepening";

/** A fault while the format runs, or `bit-rot` of a file at rest. */
export type RunTimeFaultName =
  | "read-fails"
  | "write-fails"
  | "write-fails-late"
  | "flush-fails"
  | "growth-fails"
  | "short-read"
  | "short-write"
  | "misdirected-write"
  | "bit-rot";

/** Random workloads. */
export interface RandomOptions {
  /** How many. */
  readonly count: number;
  /** The same seed gives the same workloads; 1 if not given. */
  readonly seed?: number;
  /** The most steps of a workload; 8 if not given. */
  readonly maxSteps?: number;
  /** Whether each workload leaves out some kinds of step (swarm testing); true if not given. */
  readonly swarm?: boolean;
}

/** Orders of requests in flight. */
export interface ConcurrentOptions {
  /** Draw this many orders of each workload; if not given every order is run. */
  readonly samples?: number;
  /** The same seed draws the same orders; 1 if not given. Only with `samples`. */
  readonly seed?: number;
  /** The most schedules of a workload; 10,000 if not given. A workload that has more is incomplete. */
  readonly maxSchedules?: number;
}

/** How far an exploration is. */
export interface ExploreProgress {
  /** Workloads that are done. */
  readonly workloads: number;
  /** Findings so far. */
  readonly findings: number;
  /** Recoveries that were run. */
  readonly recoveries: number;
  /** The workload that comes next, in words. */
  readonly next: readonly string[];
}

/** Which workloads to explore, and how. Every option has a default. */
export interface ExploreOptions {
  /** Run every workload of up to this many steps; 3 if not given. */
  readonly steps?: number;
  /** Run this one workload. */
  readonly workload?: readonly Step[];
  /** Run random workloads. */
  readonly random?: RandomOptions;
  /** The fault model, or several: a preset or its name; `SECTORS` if not given. */
  readonly faults?: Preset | string | readonly (Preset | string)[];
  /**
   * How the crash states of each workload are searched; `lazy` if not given. `lazy` covers every
   * state without visiting each. `brute` visits each: for small workloads, and as a yardstick.
   * `sampled` picks states, `deepening` takes those in which little reached the disk first.
   */
  readonly engine?: EngineName;
  /** For each workload, states that `sampled` picks, or recoveries that `deepening` runs; 10,000. */
  readonly samples?: number;
  /** Which states `sampled` picks: the same for the same seed; 1 if not given. */
  readonly seed?: number;
  /** How many crashes in a row: with 2 recovery is cut short too. 1 if not given. */
  readonly depth?: number;
  /** Search in this many workers; only for a format that comes from a module. */
  readonly workers?: number;
  /** Stop after so long: milliseconds, or for example `"30s"`, `"5m"`. No limit if not given. */
  readonly budget?: number | string;
  /** Run one part of the workloads of `steps` or `random`: `"2/4"` is the second of four. */
  readonly shard?: string;
  /**
   * Have requests in flight together, and run them in every order in which they may complete, or in
   * some. A flush begins when all requests before it have returned.
   */
  readonly concurrent?: boolean | ConcurrentOptions;
  /** Have storage fail as well, once in each run: `"all"` but bit rot, or the faults named. */
  readonly runTimeFaults?: "all" | readonly RunTimeFaultName[];
  /** Whether to go on after a finding, to one of each kind; false if not given. */
  readonly continueAfterFailure?: boolean;
  /** Called before each workload. */
  readonly onProgress?: (progress: ExploreProgress) => void;
  /** The clock for `budget`, in milliseconds; `performance.now` if not given. */
  readonly now?: () => number;
}

/** Where a format comes from, so that workers can load it too. */
export interface FormatModule {
  /** The address of the module: `import.meta.resolve("./store.ts")`. */
  readonly module: string;
  /** The name under which it exports the format. */
  readonly export: string;
}

/**
 * An option of `explore` that has no meaning: its value, or its combination with others.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { defineFormat, explore, ExploreOptionError, FLUSH, readData, write } from "@powercut/powercut";
 *
 * const raw = defineFormat({
 *   name: "raw",
 *   sizeBytes: 512,
 *   create: () => new Uint8Array(512),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {
 *     yield FLUSH;
 *   },
 * });
 * assertThrows(
 *   () => explore(raw, { steps: 2, random: { count: 10 } }),
 *   ExploreOptionError,
 *   "Cannot explore 'raw': 'random' cannot be combined with 'steps'",
 * );
 * ```
 */
export class ExploreOptionError extends Error {
  /** The name of this kind of error. */
  override readonly name = "ExploreOptionError";

  /** `option` of an exploration of `format` has no meaning, for `reason`. */
  constructor(
    format: string,
    /** The option. */
    readonly option: string,
    reason: string,
  ) {
    super(`Cannot explore '${format}': ${reason}`);
  }
}
