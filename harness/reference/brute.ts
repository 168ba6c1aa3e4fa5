/**
 * The brute-force engine: every crash point, every combination, each built as a concrete file
 * and judged byte by byte. For small spaces, and as the yardstick for the other engines.
 *
 * @module
 */
import { certificateOf } from "../result/certificate.ts";
import type { Exploration, ExploreOptions } from "../result/exploration.ts";
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
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { exploreByBruteForce, Recorder, SECTORS, SpaceTooLargeError, type Target } from "@powercut/powercut/harness";
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
 * const recorder = new Recorder({ base: new Uint8Array(2 ** 15) });
 * const bytes = new Uint8Array(2 ** 15).fill(1);
 * recorder.guestWrite(0, bytes, target.write(undefined, 0, bytes));
 * assertThrows(
 *   () => exploreByBruteForce(recorder.log, target, SECTORS, { guestBytes: 2 ** 15 }),
 *   SpaceTooLargeError,
 * );
 * ```
 */
export class SpaceTooLargeError extends Error {
  /** The name of this kind of error. */
  override readonly name = "SpaceTooLargeError";
}

/**
 * Try every state that a crash after any event of `log` can leave under `preset`. Throws
 * {@linkcode SpaceTooLargeError} before trying any if there are more than 2^22.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exploreByBruteForce, Recorder, SECTORS, type Target } from "@powercut/powercut/harness";
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
 * const { verdict, states } = exploreByBruteForce(recorder.log, target, SECTORS, { guestBytes: 512 });
 * assertEquals([verdict, states.exact], ["clean", "8"]);
 * ```
 */
export function exploreByBruteForce(
  log: WriteLog,
  target: Target,
  preset: Preset,
  options: ExploreOptions,
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
      ...{ preset, coverage: { kind: "exhaustive" }, states: states.total },
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

/** Judges what crashes of recoveries leave of each state. */
class NestedCrashOracle {
  readonly #context: ReferenceContext;
  readonly #findings: Findings;
  readonly #depth: number;
  readonly #maxStates: number;
  #count = 0;

  constructor(
    context: ReferenceContext,
    findings: Findings,
    { depth = 1, maxStates }: ExploreOptions,
  ) {
    this.#context = context;
    this.#findings = findings;
    this.#depth = depth - 1;
    this.#maxStates = maxStates ?? Number(MAX_BRUTE_STATES);
  }

  /** Answers how many states there were. Throws {@linkcode SpaceTooLargeError} for too many. */
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
      // What can't be recovered can't be cut short.
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

/** How much of what was on its way reached the disk, or was corrupted. */
function sizeOf({ byUnit, corruption }: Persisted): number {
  return byUnit.size + (corruption ? 1 : 0);
}
