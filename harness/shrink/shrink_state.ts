import { RecordedChoices } from "../choices/choices.ts";
import type { ReferenceContext } from "../reference/check_state.ts";
import type { Persisted } from "../model/persisted.ts";
import type { CrashPoint } from "../reference/crash_point.ts";
import { persistedVersions, spellOutNested } from "../reference/spell_out.ts";
import type { FoundState } from "../reference/check_found.ts";
import type { FoundViolation } from "../result/exploration.ts";
import type { UnitVersion } from "../model/unit_version.ts";
import { showsIn } from "./find_violation.ts";

/**
 * The same violation in the smallest state that can be reached from its own: each unit that
 * persisted is put back to what was durable, or to an older version, and the size, what was corrupted and
 * what crashes of recoveries left likewise, until none of it can be without the violation being gone.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { prepareContext, Recorder, SECTORS, shrinkState, type Target } from "@powercut/powercut/harness";
 *
 * // A format of one sector that opens only if it starts with 1.
 * const target: Target<void> = {
 *   name: "sector",
 *   dataLabels: new Set(),
 *   allocationUnitBytes: 512,
 *   otherFiles: [],
 *   postRecoveryWrites: [],
 *   beforeEachState() {},
 *   *recover() {
 *     const into = new Uint8Array(512);
 *     yield { kind: "read", file: 0, offsetBytes: 0, into, label: "head" };
 *     if (into[0] > 1) throw new RangeError("not 1");
 *   },
 *   *inspect() {
 *     return { problems: [], leakedBytes: 0 };
 *   },
 *   *read() {},
 *   *write(_, offsetBytes, bytes) {
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   },
 *   refusal: () => ({ subject: "not 1", detail: "not 1" }),
 * };
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * for (const sector of [0, 1]) {
 *   recorder.run(target.write(undefined, sector * 512, new Uint8Array(512).fill(2)));
 * }
 * const context = prepareContext(recorder.log, target, SECTORS, { guestBytes: 512 });
 * const violation = { kind: "cannot-open", subject: "not 1", detail: "not 1" } as const;
 * const context = { pendingWrites: 2, sizeBytes: 1024, persisted: [], occurrences: 1 };
 * const found = { ...violation, ...context, crashAfterEvent: 3, choices: [1, 1] };
 * assertEquals(shrinkState(context, found).choices, [1, 0]);
 * ```
 */
export function shrinkState(context: ReferenceContext, violation: FoundViolation): FoundViolation {
  const point = context.points.after(violation.crashAfterEvent);
  let state: FoundState = violation;
  for (;;) {
    const persisted = point.describe(new RecordedChoices(state.choices));
    const smaller = [
      ...withLessOfRecoveries(state),
      ...smallerThan(persisted, point).map((each) => ({
        ...state,
        choices: point.choicesFor(each),
      })),
    ].find((each) => showsIn(context, violation, each));
    if (!smaller) return describe(context, violation, state);
    state = smaller;
  }
}

/** States with one crash of a recovery less, or with one thing less that such a recovery wrote. */
function withLessOfRecoveries(state: FoundState): FoundState[] {
  const { nested = [] } = state;
  const lessWritten = nested.flatMap((crash, at) =>
    crash.choices.flatMap((option, i) =>
      option === 0 ? [] : [nested.with(at, { ...crash, choices: crash.choices.with(i, 0) })]
    )
  );
  const fewer = nested.length === 0 ? [] : [nested.slice(0, -1)];
  return [...fewer, ...lessWritten].map((each) => ({ ...state, nested: each }));
}

/** States that have one thing less than this one, those with the least first. */
export function smallerThan(state: Persisted, point: CrashPoint): Persisted[] {
  const { byUnit, sizeBytes, corruption } = state;
  const states: Persisted[] = [];
  if (corruption) states.push({ byUnit, sizeBytes });
  const durableBytes = point.sizes[0];
  if (sizeBytes !== durableBytes) states.push({ ...state, sizeBytes: durableBytes });
  for (const key of byUnit.keys()) states.push(withUnit(state, key, undefined));
  for (const { key, versions, wholeCount } of point.units) {
    const version = byUnit.get(key);
    if (!version) continue;
    // A tear is gone before a version is, and an older version is less than a newer one.
    const older = versions.slice(1, wholeCount)
      .filter(({ event }) => event < version.event || (version.tear && event === version.event));
    for (const each of older) states.push(withUnit(state, key, each));
  }
  return states;
}

/** The state with another version of a unit; undefined for the durable one. */
export function withUnit(
  state: Persisted,
  key: number,
  version: UnitVersion | undefined,
): Persisted {
  const byUnit = new Map(state.byUnit);
  if (version) byUnit.set(key, version);
  else byUnit.delete(key);
  return { ...state, byUnit };
}

/** The violation as `state` shows it. */
function describe(
  context: ReferenceContext,
  violation: FoundViolation,
  { choices, nested = [] }: FoundState,
): FoundViolation {
  const { log, preset, points } = context;
  const point = points.after(violation.crashAfterEvent);
  const { byUnit, corruption } = point.describe(new RecordedChoices(choices));
  const file = point.build(new RecordedChoices(choices));
  const { sizeBytes } = file;
  const crashes = nested.map(({ afterEvent, choices }) => ({
    afterEvent,
    choicesAt: () => choices,
  }));
  const { corruption: _, nested: __, ...found } = violation;
  return {
    ...found,
    choices,
    persisted: persistedVersions(log, preset, point.spelledOut(byUnit)),
    sizeBytes,
    ...(corruption && { corruption }),
    ...(crashes.length > 0 && { nested: spellOutNested(crashes, file, context) }),
  };
}
