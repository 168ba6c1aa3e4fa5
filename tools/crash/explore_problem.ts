import {
  type Exploration,
  type ExplorationListener,
  explorePartially,
  MergeError,
  type PartialResult,
  type Problem,
} from "../../harness/advanced.ts";
import { lookUp } from "../../scenarios/qed/look_up.ts";
import { type ProblemInput } from "./problem.ts";
import { ENGINES } from "../../scenarios/qed/scenario.ts";
import { UsageError } from "../kit/usage_error.ts";
import type { Io } from "../kit/io.ts";
import { type PartialFile, readPartialFile } from "./partial_file.ts";
import type { SearchOptions } from "./search_options.ts";

/** The module in which workers set up a problem. */
const MODULE = new URL("./problem.ts", import.meta.url).href;

/** Explores problems one after the other, with the options of the command line. */
export class Explorer {
  readonly #options: SearchOptions;
  readonly #io: Io;
  readonly #before: PartialFile | undefined;

  /** Read earlier work, if the command resumes it. Throws {@linkcode UsageError}. */
  constructor(options: SearchOptions, io: Io) {
    this.#options = options;
    this.#io = io;
    this.#before = options.resume === undefined ? undefined : readPartialFile(options.resume);
  }

  /** The number of crashes in a row. */
  get depth(): number {
    return this.#options.depth;
  }

  /** Explore a problem that can be set up again from `input`. */
  async explore(
    problem: Problem,
    input: ProblemInput,
    onProgress: ExplorationListener,
  ): Promise<{ exploration: Exploration; partial?: PartialResult }> {
    const { engine: name, depth, samples, seed, budget } = this.#options;
    if (name !== "lazy") {
      const engine = lookUp("engine", name, ENGINES);
      const { log, target, preset, options } = problem;
      const all = { ...options, depth, samples, seed, onProgress };
      return { exploration: engine(log, target, preset, all) };
    }
    const before = this.#before?.searches
      .find((search) => JSON.stringify(search.input) === JSON.stringify(input))?.partial;
    const { workers, shard } = this.#options;
    const spentBefore = before?.effort.recoveries ?? 0;
    try {
      const { exploration, partial } = await explorePartially(problem, {
        ...{ workers, onProgress },
        recipe: { module: MODULE, input },
        shouldStop: (recoveries) => budget.isUsedUp(recoveries - spentBefore),
        onDeath: (message) => this.#io.printError(message),
        ...(shard && { shard }),
        ...(before && { before }),
      });
      budget.spend(exploration.recoveries - spentBefore);
      if (!partial.isComplete && partial.items.length === (before?.items.length ?? 0)) {
        this.#io.printError(
          "the budget ended before the first part of the search: nothing can be resumed; raise --budget",
        );
      }
      return { exploration, partial };
    } catch (error) {
      if (!(error instanceof MergeError)) throw error;
      throw new UsageError(`${this.#options.resume}: ${error.message}`);
    }
  }
}
