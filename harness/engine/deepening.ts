/**
 * The deepening engine: first all states in which only durable contents are on disk, then those in
 * which one unit (or the size of the file) differs, then two, and so on; for spaces that are too
 * large for the others. Most bugs show with one or two.
 *
 * @module
 */
import type { Coverage, SearchEffort } from "../result/certificate.ts";
import type { EngineOptions, Exploration } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import { Contents } from "../model/contents.ts";
import { epochsOf } from "../model/epochs.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { prepareContext, type ReferenceContext } from "../reference/check_state.ts";
import { SpaceCount } from "../result/count_states.ts";
import { EpochSearch } from "../search/epoch_search.ts";
import { explorationOf } from "./exploration_of.ts";
import { Findings } from "../result/findings.ts";
import { DEFAULT_SAMPLES } from "./sampled.ts";
import { addEfforts, NO_EFFORT } from "../result/search_effort.ts";
import { BoundedChoices } from "../choices/bounded_choices.ts";

/**
 * Explore the states of `log` in which at most 0, 1, 2 ... of the units that recovery reads differ
 * from their durable versions. Ends after `options.samples` recoveries, or when the space is
 * exhausted; always finishes the first level. The result counts finished levels only, but reports
 * findings of the last level as well. Throws what {@linkcode exploreLazily} throws.
 */
export function exploreByDeepening(
  log: WriteLog,
  target: Target,
  preset: Preset,
  options: EngineOptions,
): Exploration {
  const { samples = DEFAULT_SAMPLES, depth = 1 } = options;
  const context = prepareContext(log, target, preset, options);
  let effort = NO_EFFORT;
  let coverage: Coverage = { kind: "bounded", units: 0 };
  let findings = new Findings();
  let count = new SpaceCount(preset);
  for (let units = 0; coverage.kind !== "exhaustive"; units++) {
    const maxRecoveries = units === 0 ? Infinity : samples - effort.recoveries;
    const level = searchLevel(context, units, maxRecoveries, options);
    effort = addEfforts(effort, level.effort);
    if (!level.isFinished) {
      findings.merge(level.findings.counts());
      break;
    }
    ({ findings, count } = level);
    coverage = level.hasOmitted ? { kind: "bounded", units } : { kind: "exhaustive" };
  }
  return explorationOf(context, { engine: "deepening", coverage, count, depth, effort, findings });
}

/** The result of one level. */
interface Level {
  readonly findings: Findings;
  readonly count: SpaceCount;
  readonly effort: SearchEffort;
  /** Whether all of its states were searched, and whether further levels exist. */
  readonly isFinished: boolean;
  readonly hasOmitted: boolean;
}

function searchLevel(
  context: ReferenceContext,
  units: number,
  maxRecoveries: number,
  { depth = 1, onProgress }: EngineOptions,
): Level {
  const { log, preset } = context;
  const contents = new Contents();
  const findings = new Findings();
  const count = new SpaceCount(preset);
  let effort = NO_EFFORT;
  let hasOmitted = false;
  for (const epoch of epochsOf(log, contents, preset)) {
    const choices = new BoundedChoices(units);
    const search = new EpochSearch(context, epoch, {
      contents,
      choices,
      findings,
      depth,
      independent: false,
    });
    count.add(search.space);
    let isFinished = true;
    do {
      isFinished = effort.recoveries + search.recoveries < maxRecoveries;
      if (isFinished) search.visit();
    } while (isFinished && choices.advance());
    effort = addEfforts(effort, search.effort);
    hasOmitted ||= choices.hasOmitted;
    search.release();
    if (!isFinished) return { findings, count, effort, isFinished, hasOmitted };
    onProgress?.(epoch.lastEvent + 2, log.events.length + 1, effort.recoveries);
  }
  return { findings, count, effort, isFinished: true, hasOmitted };
}
