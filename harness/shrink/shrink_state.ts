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
 * The same violation in the smallest state reachable from its own: units go back to their durable
 * or an older version, and size, corruption and crashes during recovery are removed likewise, until
 * each further step loses the violation.
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
function smallerThan(state: Persisted, point: CrashPoint): Persisted[] {
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
