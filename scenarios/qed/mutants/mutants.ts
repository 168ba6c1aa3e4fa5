import type { DetectableMutant } from "./mutant.ts";
import { OMITTED_FLUSHES } from "./omitted_flushes.ts";
import { SWAPPED_STEPS } from "./swapped_steps.ts";
import { WRONG_WRITES } from "./wrong_writes.ts";

/** Every mutant of the driver that a filter or a profile makes; the explorer detects each. */
export const MUTANTS: readonly DetectableMutant[] = [
  ...OMITTED_FLUSHES,
  ...SWAPPED_STEPS,
  ...WRONG_WRITES,
];

/** The mutants by name. */
export const MUTANTS_BY_NAME: Readonly<Record<string, DetectableMutant>> = Object.fromEntries(
  MUTANTS.map((mutant) => [mutant.name, mutant]),
);
