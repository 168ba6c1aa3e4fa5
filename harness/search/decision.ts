import type { PendingSector, Unit } from "../model/state_space.ts";
import type { UnitVersion } from "../model/unit_version.ts";

/** The empty plan: independent units hold their durable versions. */
export const NO_PLAN: ReadonlyMap<number, number> = new Map();

/**
 * A decision: a unit and its option. After the units come the writes that may corrupt their
 * neighbourhood; their option 0 is no corruption, the others are its contents.
 */
export type Decision = readonly [unit: number, option: number];

/** A version that an undecided sector may hold, and since which event. */
export interface Candidate {
  /** The id of the contents. */
  readonly content: number;
  /** The event since which it is possible. */
  readonly event: number;
  /** The units that must take an option for it, and the options. */
  readonly because: readonly Decision[];
}

/** The version that an option of a unit stands for. */
export function versionOf(unit: Unit, option: number): UnitVersion {
  if (option < unit.optionCount) return { event: unit.events[option] };
  const { event, tear } = unit.torn[option - unit.optionCount];
  return tear ? { event, tear } : { event };
}

/** The contents of a sector if its unit takes an option. */
export function contentOfOption(pending: PendingSector, unit: Unit, option: number): number {
  return option < unit.optionCount
    ? contentAt(pending, unit.ordinals[option])
    : unit.torn[option - unit.optionCount].content;
}

/** The contents of a sector after the writes up to `ordinal`. */
function contentAt(pending: PendingSector, ordinal: number): number {
  const { writes } = pending;
  for (let i = writes.length - 1; i >= 0; i--) {
    if (writes[i].ordinal <= ordinal) return writes[i].content;
  }
  return pending.durable;
}
