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
import type { Exploration, ExploreOptions } from "../result/exploration.ts";
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
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exploreLazily, Recorder, SECTORS, type Target } from "@powercut/powercut/harness";
 *
 * // A format of one sector, which needs no recovery.
 * const target: Target<void> = {
 *   name: "sector",
 *   dataLabels: new Set(["data"]),
 *   allocationUnitBytes: 512,
 *   otherFiles: [],
 *   postRecoveryWrites: [],
 *   beforeEachState() {},
 *   *recover() {},
 *   *inspect() {
 *     return { problems: [], leakedBytes: 0 };
 *   },
 *   *read(_, offsetBytes, into) {
 *     yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
 *   },
 *   *write(_, offsetBytes, bytes) {
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   },
 *   refusal: () => undefined,
 * };
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * const bytes = new Uint8Array(512).fill(1);
 * recorder.guestWrite(0, bytes, target.write(undefined, 0, bytes));
 * const { verdict, states } = exploreLazily(recorder.log, target, SECTORS, { guestBytes: 512 });
 * assertEquals([verdict, states.exact], ["clean", "8"]);
 * ```
 */
export function exploreLazily(
  log: WriteLog,
  target: Target,
  preset: Preset,
  options: ExploreOptions,
): Exploration {
  const context = prepareContext(log, target, preset, options);
  const search = new LazySearch(context, options);
  for (const part of search.parts()) {
    const result = part.run();
    if (result) search.take(result);
  }
  return explorationOf(context, search.outcome());
}
