/**
 * The sampled engine: some states of every epoch, for spaces that are too large for the others.
 *
 * Epochs share the samples by the number of bits of their states; samples that an epoch does not
 * use go to later epochs. Each epoch begins with the state that holds only durable contents;
 * {@linkcode BiasedChoices} picks the others. As in a lazy search, a sample stands for every
 * combination of the units that recovery never read, and its violations are confirmed the same way.
 *
 * @module
 */
import { Random } from "../../lib/storage/random.ts";
import type { SearchEffort } from "../result/certificate.ts";
import type { EngineOptions, Exploration } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import { Contents } from "../model/contents.ts";
import { epochsOf } from "../model/epochs.ts";
import type { Preset } from "../model/presets.ts";
import { type StateSpace, stateSpaceOf } from "../model/state_space.ts";
import type { Target } from "../target/target.ts";
import { BiasedChoices } from "../choices/biased_choices.ts";
import { prepareContext, type ReferenceContext } from "../reference/check_state.ts";
import { SpaceCount } from "../result/count_states.ts";
import { EpochSearch } from "../search/epoch_search.ts";
import { explorationOf } from "./exploration_of.ts";
import { Findings } from "../result/findings.ts";
import { addEfforts, NO_EFFORT } from "../result/search_effort.ts";

/** The default number of states. */
export const DEFAULT_SAMPLES = 10_000;
/** Leave an epoch after picking this many times its number of samples. */
const MAX_TRIES = 4;

/**
 * Explore a sample of the states that a crash after any event of `log` can leave: `options.samples`
 * different states, picked by `options.seed`, or fewer if there are no more. The result says how
 * many there were. Throws what {@linkcode exploreLazily} throws.
 */
export function exploreBySampling(
  log: WriteLog,
  target: Target,
  preset: Preset,
  options: EngineOptions,
): Exploration {
  const { samples = DEFAULT_SAMPLES, seed = 1, depth = 1 } = options;
  const context = prepareContext(log, target, preset, options);
  const count = new SpaceCount(preset);
  let bitsLeft = 0;
  for (const space of spacesOf(context)) {
    count.add(space);
    bitsLeft += bitsOf(space);
  }
  const findings = new Findings();
  const contents = new Contents();
  let effort: SearchEffort = NO_EFFORT;
  let taken = 0;
  for (const epoch of epochsOf(log, contents, preset)) {
    const choices = new BiasedChoices(new Random("sampled", seed, epoch.firstEvent));
    const search = new EpochSearch(context, epoch, {
      contents,
      choices,
      findings,
      depth,
      independent: false,
    });
    const bits = bitsOf(search.space);
    taken += sample(search, choices, Math.round((samples - taken) * bits / bitsLeft));
    bitsLeft -= bits;
    effort = addEfforts(effort, search.effort);
    search.release();
    options.onProgress?.(epoch.lastEvent + 2, log.events.length + 1, effort.recoveries);
  }
  const coverage = { kind: "sampled", samples: taken, seed } as const;
  return explorationOf(context, { engine: "sampled", coverage, count, depth, effort, findings });
}

/** Search at most this many different states. Returns their number. */
function sample(search: EpochSearch, choices: BiasedChoices, max: number): number {
  const seen = new Set<string>();
  for (let tries = 0; seen.size < max && tries < MAX_TRIES * max; tries++) {
    search.visit();
    seen.add(choices.sequence.join());
    choices.advance();
  }
  return seen.size;
}

function* spacesOf({ log, preset }: ReferenceContext): Generator<StateSpace> {
  const contents = new Contents();
  for (const epoch of epochsOf(log, contents, preset)) {
    yield stateSpaceOf(epoch, preset, contents);
  }
}

/** The bits that it takes to say which of its states is meant, and one so that no epoch has none. */
function bitsOf({ units, sizes }: StateSpace): number {
  const ofUnits = units.reduce((sum, unit) => sum + Math.log2(unit.optionCount), 0);
  return 1 + ofUnits + Math.log2(sizes.length);
}
