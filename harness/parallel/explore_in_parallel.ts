import { explorationOf } from "../engine/exploration_of.ts";
import { prepareContext, type ReferenceContext } from "../reference/check_state.ts";
import { LazySearch, type LazySearchOptions } from "../search/lazy_search.ts";
import type { Exploration, ExplorationListener } from "../result/exploration.ts";
import { PartRunner } from "./part_runner.ts";
import type { Problem, Recipe } from "./problem.ts";
import { WorkerPool } from "./worker_pool.ts";

/** Who explores a problem. */
export interface ParallelOptions {
  /** Receives progress now and then. */
  readonly onProgress?: ExplorationListener;
  /** Asked between recoveries, with their number so far: whether to stop. */
  readonly shouldStop?: (recoveries: number) => boolean;
  /** How many workers at most; with less than two there are none. */
  readonly workers: number;
  /** How workers set up the same problem. */
  readonly recipe: Recipe;
  /** Called when a worker has died, with the action taken. */
  readonly onDeath?: (message: string) => void;
  /** Seconds after which a worker that says nothing is taken for dead; 60 if not given. */
  readonly timeoutSeconds?: number;
}

/**
 * Explore a problem with workers: the result equals that of {@linkcode exploreLazily}, whatever
 * their number. Workers start only for searches that are too large for one part; dead ones are
 * replaced. Throws what the search throws.
 */
export async function exploreInParallel(
  problem: Problem,
  options: ParallelOptions,
): Promise<Exploration> {
  const { search, context } = await searchInParallel(problem, options);
  return explorationOf(context, search.outcome());
}

/** The same, and the search itself, which knows more than the result. */
export async function searchInParallel(
  problem: Problem,
  { workers, recipe, onDeath = () => {}, timeoutSeconds, ...options }:
    & ParallelOptions
    & Pick<LazySearchOptions, "owns" | "before">,
): Promise<{ search: LazySearch; context: ReferenceContext }> {
  const { log, target, preset } = problem;
  const context = prepareContext(log, target, preset, problem.options);
  const search = new LazySearch(context, { ...problem.options, ...options });
  if (workers < 2) {
    for (const part of search.parts()) {
      const result = part.run();
      if (result) search.take(result);
    }
    return { search, context };
  }
  const runHere = new PartRunner(problem);
  using pool = new WorkerPool({
    workers,
    recipe,
    onDeath,
    runHere: ({ item, prefix }) => runHere.run(item, prefix),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  });
  const running: Promise<void>[] = [];
  let failure: unknown;
  for (const part of search.parts()) {
    const done = pool.run(part).then((result) => {
      if (result) search.take(result);
      if (search.stopsNow()) pool.forgetRest();
    }).catch((error) => {
      failure ??= error;
      pool.forgetRest();
    });
    running.push(done);
    // Process messages of workers, and hand out more parts, while the search runs here.
    if (pool.load > 0) await pause();
    if (failure) break;
  }
  await Promise.all(running);
  if (failure) throw failure;
  return { search, context };
}

function pause(): Promise<void> {
  return new Promise((resume) => setTimeout(resume, 0));
}
