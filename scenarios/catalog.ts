import { ALIASING } from "./aliasing.ts";
import { BACKING_FILE } from "./backing_file.ts";
import { DIRTY_BIT } from "./dirty_bit.ts";
import { EXABYTE_IMAGE } from "./exabyte.ts";
import { FOUR_OUTCOMES } from "./four_outcomes.ts";
import { IN_PLACE_WRITES } from "./in_place_writes.ts";
import { NEW_L2_TABLE } from "./new_l2_table.ts";
import { RAW_BACKING } from "./raw_backing.ts";
import { SIZE_ROUNDING } from "./size_rounding.ts";
import type { Scenario } from "./support/scenario.ts";

/** Every scenario, in the order of the claims. */
export const SCENARIOS: readonly Scenario[] = [
  IN_PLACE_WRITES,
  NEW_L2_TABLE,
  FOUR_OUTCOMES,
  ALIASING,
  DIRTY_BIT,
  SIZE_ROUNDING,
  BACKING_FILE,
  EXABYTE_IMAGE,
  RAW_BACKING,
];
