import { certificateOf, type Coverage, type SearchEffort } from "../result/certificate.ts";
import type { Exploration } from "../result/exploration.ts";
import { traceHash } from "../log/trace_hash.ts";
import type { Trial } from "../reference/check_state.ts";
import { confirm } from "../reference/confirm.ts";
import type { SpaceCount } from "../result/count_states.ts";
import type { Findings } from "../result/findings.ts";

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

/** The result of a search over symbolic states, each violation confirmed as a concrete file. */
export function explorationOf(trial: Trial, outcome: SearchOutcome): Exploration {
  const { log, target, preset } = trial;
  const { engine, coverage, count, depth, effort, findings } = outcome;
  const { states, images, epochs, units } = count;
  const violations = findings.list(trial);
  confirm(violations, trial);
  const crashPoints = log.events.length + 1;
  return {
    verdict: violations.length === 0 ? "clean" : "violation",
    engine,
    preset: preset.name,
    target: target.name,
    coverage: coverage.kind,
    traceHash: traceHash(log, { preset, target }),
    events: log.events.length,
    crashPoints,
    states,
    ...(images && { images }),
    recoveries: effort.recoveries,
    certificate: certificateOf({
      ...{ preset, coverage, crashPoints, states },
      ...{ engine, depth, epochs, units, effort },
    }),
    violations,
  };
}
