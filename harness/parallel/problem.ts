import type { ExploreOptions } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";

/** Something to explore. */
export interface Problem {
  /** What reached the file, and what the guest was told. */
  readonly log: WriteLog;
  /** The format under test. */
  readonly target: Target;
  /** The fault model. */
  readonly preset: Preset;
  /** How to explore it: of the options what a result depends on. */
  readonly options: Pick<ExploreOptions, "guestBytes" | "depth" | "independent">;
}

/**
 * How to set up a problem again somewhere else, where no function can be sent to: a module that exports
 * `problemOf`, and what to call that with. It must give the same problem every time.
 */
export interface Recipe {
  /** The address of the module. */
  readonly module: string;
  /** Plain data. */
  readonly input: unknown;
}

/** What the module of a recipe exports. */
export interface ProblemModule {
  /** Set up the problem that `input` describes. */
  problemOf(input: unknown): Problem | Promise<Problem>;
}
