import type { Corruption } from "./corruption.ts";
import type { UnitVersion } from "./unit_version.ts";

/** The pending versions that reached the disk. */
export interface Persisted {
  /** For each unit that does not hold its durable version: the version that persisted. */
  readonly byUnit: ReadonlyMap<number, UnitVersion>;
  /** The size that persisted, in bytes; undefined where it follows from the units. */
  readonly sizeBytes: number | undefined;
  /** The write that corrupted its neighbourhood, if one did. */
  readonly corruption?: Corruption;
  /** The crashes of recoveries after it, the first one first. */
  readonly nested?: readonly NestedCrash[];
}

/** A crash of a recovery. */
export interface NestedCrash {
  /** The crash comes after this event of the recovery's own log. */
  readonly afterEvent: number;
  /** The recovery's writes that reached the disk. */
  readonly persisted: Persisted;
}
