/**
 * The lazy engine: every state of every crash point, without visiting each.
 *
 * Recovery runs over a disk that decides the contents of a sector only when recovery first reads
 * it, and the size only when recovery first asks for it. Depth-first search over these choices, by
 * running again, visits each distinct behaviour of recovery once; a behaviour stands for every
 * combination of the units that it never read. The search does not branch on guest data that
 * recovery does not read: each version that each sector may hold must be permitted by itself, since
 * the contents of one guest sector do not depend on another. (The idea, for persistent memory:
 * Jaaru, ASPLOS 2021.)
 *
 * Crash points are explored an epoch at a time, see `Epoch` in model/epoch.ts.
 *
 * @module
 */
import type { EngineOptions, Exploration } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { prepareContext } from "../reference/check_state.ts";
import { explorationOf } from "./exploration_of.ts";
import { LazySearch } from "../search/lazy_search.ts";

/**
 * Explore every state that a crash after any event of `log` can leave under `preset`, and check
 * each. Each violation is then rebuilt as a concrete file and must show there too; if it does not,
 * that is a bug of this program and an error is thrown.
 */
export function exploreLazily(
  log: WriteLog,
  target: Target,
  preset: Preset,
  options: EngineOptions,
): Exploration {
  const context = prepareContext(log, target, preset, options);
  const search = new LazySearch(context, options);
  for (const part of search.parts()) {
    const result = part.run();
    if (result) search.take(result);
  }
  return explorationOf(context, search.outcome());
}
