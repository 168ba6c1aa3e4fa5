/** Defects of the driver's source, by area. */
import { CACHE_MUTANTS } from "./cache_mutants.ts";
import { HEADER_MUTANTS } from "./header_mutants.ts";
import { MAPPING_MUTANTS } from "./mapping_mutants.ts";
import type { SourceMutant } from "./mutant.ts";
import { RECOVERY_MUTANTS } from "./recovery_mutants.ts";

/** All of them. */
export const SOURCE_MUTANTS: readonly SourceMutant[] = [
  ...MAPPING_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...CACHE_MUTANTS,
  ...HEADER_MUTANTS,
];
