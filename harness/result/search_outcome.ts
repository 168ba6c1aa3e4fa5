import type { Coverage, SearchEffort } from "./certificate.ts";
import type { SpaceCount } from "./count_states.ts";
import type { Exploration } from "./exploration.ts";
import type { Findings } from "./findings.ts";

/** What a search came to. */
export interface SearchOutcome {
  /** Who searched. */
  readonly engine: Exploration["engine"];
  /** How much of the space was looked at. */
  readonly coverage: Coverage;
  /** The space. */
  readonly count: SpaceCount;
  /** How many crashes in a row. */
  readonly depth: number;
  /** What it took. */
  readonly effort: SearchEffort;
  /** What was found. */
  readonly findings: Findings;
}
