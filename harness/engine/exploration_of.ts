import { traceHash } from "../log/trace_hash.ts";
import type { ReferenceContext } from "../reference/check_state.ts";
import { confirm } from "../reference/confirm.ts";
import { spellOutFindings } from "../reference/spell_out.ts";
import { certificateOf } from "../result/certificate.ts";
import type { Exploration } from "../result/exploration.ts";
import type { SearchOutcome } from "../result/search_outcome.ts";

/** The result of a search over symbolic states, each violation confirmed as a concrete file. */
export function explorationOf(context: ReferenceContext, outcome: SearchOutcome): Exploration {
  const { log, target, preset } = context;
  const { engine, coverage, count, depth, effort, findings } = outcome;
  const { states, images, epochs, units } = count;
  const violations = spellOutFindings(findings, context);
  confirm(violations, context);
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
      preset,
      coverage,
      crashPoints,
      states,
      engine,
      depth,
      epochs,
      units,
      effort,
    }),
    violations,
  };
}
