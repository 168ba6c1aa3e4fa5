/**
 * The brute-force engine: every crash point, every combination, each built as a concrete file and
 * checked byte by byte. For small spaces, and as the reference for the other engines.
 *
 * @module
 */
import { certificateOf } from "../result/certificate.ts";
import type { EngineOptions, Exploration } from "../result/exploration.ts";
import { traceHash } from "../log/trace_hash.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { ExhaustiveChoices, RecordedChoices } from "../choices/choices.ts";
import { checkState, prepareContext, type ReferenceContext } from "./check_state.ts";
import { StateCounter } from "../result/count_states.ts";
import type { Persisted } from "../model/persisted.ts";
import type { CrashPoint } from "./crash_point.ts";
import { CrashPoints } from "./crash_points.ts";
import { spellOutFindings } from "./spell_out.ts";
import { Findings } from "../result/findings.ts";
import { everyNestedCrash, type NestedState } from "./nested_crash.ts";

/** The most states that are tried. */
export const MAX_BRUTE_STATES = 2n ** 22n;

/**
 * A space that is too large for the engine it was given to.
 */
export class SpaceTooLargeError extends Error {
  /** The name of this kind of error. */
  override readonly name = "SpaceTooLargeError";
}

/**
 * Try every state that a crash after any event of `log` can leave under `preset`. Throws
 * {@linkcode SpaceTooLargeError} before trying any if there are more than 2^22.
 */
export function exploreByBruteForce(
  log: WriteLog,
  target: Target,
  preset: Preset,
  options: EngineOptions,
): Exploration {
  const crashPoints = log.events.length + 1;
  const points = new CrashPoints(log, preset);
  let total = 0n;
  for (let event = -1; event < log.events.length; event++) total += points.after(event).stateCount;
  if (total > MAX_BRUTE_STATES) {
    throw new SpaceTooLargeError(
      `${total} states are too many for brute force (at most ${MAX_BRUTE_STATES})`,
    );
  }
  const context = prepareContext(log, target, preset, options);
  const findings = new Findings();
  const states = new StateCounter();
  const nested = new NestedCrashOracle(context, findings, options);
  let recoveries = 0;
  let units = 0;
  for (let event = -1; event < log.events.length; event++) {
    const point = context.points.after(event);
    units += point.units.length;
    states.add(Math.log2(Number(point.stateCount)), () => point.stateCount);
    const choices = new ExhaustiveChoices();
    do {
      const file = point.build(choices);
      const sequence = choices.sequence();
      for (const violation of checkState(context, point, file)) {
        const persisted = point.describe(new RecordedChoices(sequence));
        findings.add(violation, point.event, sizeOf(persisted), () => persisted);
      }
      recoveries += 1 + nested.check(point, sequence);
    } while (choices.advance());
    options.onProgress?.(event + 2, crashPoints, recoveries);
  }
  return {
    verdict: findings.size === 0 ? "clean" : "violation",
    engine: "brute",
    preset: preset.name,
    target: target.name,
    coverage: "exhaustive",
    traceHash: traceHash(log, { preset, target }),
    events: log.events.length,
    crashPoints,
    states: states.total,
    recoveries,
    certificate: certificateOf({
      preset,
      coverage: { kind: "exhaustive" },
      states: states.total,
      engine: "brute",
      depth: options.depth ?? 1,
      crashPoints,
      epochs: crashPoints,
      units,
      effort: { recoveries, known: 0, additions: 0 },
    }),
    violations: spellOutFindings(findings, context),
  };
}

/** Checks the states that crashes during the recovery of each state leave. */
class NestedCrashOracle {
  readonly #context: ReferenceContext;
  readonly #findings: Findings;
  readonly #depth: number;
  readonly #maxStates: number;
  #count = 0;

  constructor(
    context: ReferenceContext,
    findings: Findings,
    { depth = 1, maxStates }: EngineOptions,
  ) {
    this.#context = context;
    this.#findings = findings;
    this.#depth = depth - 1;
    this.#maxStates = maxStates ?? Number(MAX_BRUTE_STATES);
  }

  /** Returns the number of states. Throws {@linkcode SpaceTooLargeError} if there are too many. */
  check(point: CrashPoint, sequence: readonly number[]): number {
    const { target, preset } = this.#context;
    const before = this.#count;
    const persisted = point.describe(new RecordedChoices(sequence));
    const file = point.build(new RecordedChoices(sequence));
    try {
      for (const left of everyNestedCrash(file, target, preset, this.#depth)) {
        if (++this.#count > this.#maxStates) {
          throw new SpaceTooLargeError(
            `more than ${this.#maxStates} states with crashes of recoveries are too many`,
          );
        }
        this.#checkOne(point, persisted, left);
      }
    } catch (error) {
      // A recovery that fails cannot be interrupted.
      if (target.refusal(error) === undefined) throw error;
    }
    return this.#count - before;
  }

  #checkOne(
    point: CrashPoint,
    persisted: Persisted,
    { file, grownBytes, nested }: NestedState,
  ): void {
    const size = nested.reduce((sum, each) => sum + 1 + sizeOf(each.persisted), sizeOf(persisted));
    for (const violation of checkState(this.#context, point, file, grownBytes)) {
      this.#findings.add(violation, point.event, size, () => ({ ...persisted, nested }));
    }
  }
}

/** The number of pending versions that reached the disk, and of corruptions. */
function sizeOf({ byUnit, corruption }: Persisted): number {
  return byUnit.size + (corruption ? 1 : 0);
}
