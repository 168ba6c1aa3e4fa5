import type { Coverage, SearchEffort } from "./certificate.ts";
import type { SpaceCount } from "./count_states.ts";
import type { Exploration } from "./exploration.ts";
import type { Findings } from "./findings.ts";

/** The result of a search. */
export interface SearchOutcome {
  /** Who searched. */
  readonly engine: Exploration["engine"];
  /** How much of the space was searched. */
  readonly coverage: Coverage;
  /** The space. */
  readonly count: SpaceCount;
  /** How many crashes in a row. */
  readonly depth: number;
  /** The cost. */
  readonly effort: SearchEffort;
  /** The findings. */
  readonly findings: Findings;
}
