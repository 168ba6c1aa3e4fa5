import { type Preset, PRESETS } from "../../harness/advanced.ts";
import { SCENARIOS } from "../../scenarios/catalog.ts";
import { originOf } from "../../scenarios/qed/scenario.ts";

/** A scenario in a line. */
export interface ListedScenario {
  /** Its name. */
  readonly name: string;
  /** Where its claim comes from. */
  readonly origin: string;
  /** Its claim. */
  readonly statement: string;
}

/** All scenarios, in the order of the catalog. */
export function listScenarios(): ListedScenario[] {
  return SCENARIOS.map((each) => ({
    name: each.name,
    origin: originOf(each),
    statement: each.statement,
  }));
}

/** All fault presets. */
export function listPresets(): readonly Preset[] {
  return Object.values(PRESETS);
}
