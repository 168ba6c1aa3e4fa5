import type { EngineOptions } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";

/** Something to explore. */
export interface Problem {
  /** The writes that reached the file, and the requests and acknowledgements of the guest. */
  readonly log: WriteLog;
  /** The format under test. */
  readonly target: Target;
  /** The fault model. */
  readonly preset: Preset;
  /** Options of the search that the result depends on. */
  readonly options: Pick<EngineOptions, "guestBytes" | "depth" | "independent">;
}

/**
 * How to set up a problem in a worker, which no function can be sent to: a module that exports
 * `problemOf`, and its argument. It must give the same problem every time.
 */
export interface Recipe {
  /** The address of the module. */
  readonly module: string;
  /** Plain data. */
  readonly input: unknown;
}

/** The exports of a recipe's module. */
export interface ProblemModule {
  /** Set up the problem that `input` describes. */
  problemOf(input: unknown): Problem | Promise<Problem>;
}
