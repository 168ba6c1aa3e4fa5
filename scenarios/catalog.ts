import { ALIASING } from "./aliasing.ts";
import { BACKGROUND_CHECK } from "./background_check.ts";
import { BACKING_FILE } from "./backing_file.ts";
import { BEYOND_FOUR_OUTCOMES } from "./beyond_four.ts";
import { COMMITTING } from "./commit.ts";
import { COPY_ON_READ } from "./copy_on_read.ts";
import { DEFRAGMENTATION } from "./defragment.ts";
import { DIRTY_BIT } from "./dirty_bit.ts";
import { EMPTYING } from "./empty.ts";
import { EXABYTE_IMAGE } from "./exabyte.ts";
import { FLUSHES } from "./flushes.ts";
import { FOUR_OUTCOMES } from "./four_outcomes.ts";
import { GROWING } from "./grow.ts";
import { HEADER_CHECKSUM } from "./header_checksum.ts";
import { IN_PLACE_WRITES } from "./in_place_writes.ts";
import { NEW_L2_TABLE } from "./new_l2_table.ts";
import { PARALLEL_REQUESTS } from "./parallel_requests.ts";
import { RAW_BACKING } from "./raw_backing.ts";
import { REBASING } from "./rebase.ts";
import { REBASING_HEADER } from "./rebase_header.ts";
import { REPAIRING } from "./repair.ts";
import { RUN_TIME_FAULTS } from "./run_time_faults.ts";
import { SHRINKING } from "./shrink.ts";
import { SIZE_ROUNDING } from "./size_rounding.ts";
import { STREAMING } from "./stream.ts";
import { SUB_CLUSTER_TRIM } from "./sub_cluster_trim.ts";
import type { Scenario } from "./qed/scenario.ts";
import { TRIM_REUSE } from "./trim_reuse.ts";
import { UPGRADING_LAYOUT } from "./upgrade_layout.ts";
import { WRITING_ZEROES } from "./write_zeroes.ts";

/** Every scenario: claims in their order, then promises of ours. */
export const SCENARIOS: readonly Scenario[] = [
  IN_PLACE_WRITES,
  NEW_L2_TABLE,
  FOUR_OUTCOMES,
  ALIASING,
  DIRTY_BIT,
  SIZE_ROUNDING,
  BEYOND_FOUR_OUTCOMES,
  HEADER_CHECKSUM,
  BACKING_FILE,
  TRIM_REUSE,
  FLUSHES,
  BACKGROUND_CHECK,
  EXABYTE_IMAGE,
  RAW_BACKING,
  PARALLEL_REQUESTS,
  SUB_CLUSTER_TRIM,
  DEFRAGMENTATION,
  COPY_ON_READ,
  STREAMING,
  WRITING_ZEROES,
  EMPTYING,
  COMMITTING,
  REBASING,
  REBASING_HEADER,
  GROWING,
  SHRINKING,
  REPAIRING,
  RUN_TIME_FAULTS,
  UPGRADING_LAYOUT,
];
