import { ALIASING } from "./aliasing.ts";
import { BACKGROUND_CHECK } from "./background_check.ts";
import { BACKING_FILE } from "./backing_file.ts";
import { BEYOND_FOUR } from "./beyond_four.ts";
import { COMMIT } from "./commit.ts";
import { COPY_ON_READ } from "./copy_on_read.ts";
import { DEFRAGMENT } from "./defragment.ts";
import { DIRTY_BIT } from "./dirty_bit.ts";
import { EMPTY } from "./empty.ts";
import { EXABYTE } from "./exabyte.ts";
import { FLUSHES } from "./flushes.ts";
import { FOUR_OUTCOMES } from "./four_outcomes.ts";
import { GROW } from "./grow.ts";
import { HEADER_CHECKSUM } from "./header_checksum.ts";
import { IN_PLACE_WRITES } from "./in_place_writes.ts";
import { NEW_L2_TABLE } from "./new_l2_table.ts";
import { PARALLEL_REQUESTS } from "./parallel_requests.ts";
import { RAW_BACKING } from "./raw_backing.ts";
import { REBASE } from "./rebase.ts";
import { REBASE_HEADER } from "./rebase_header.ts";
import { REPAIR } from "./repair.ts";
import { RUN_TIME_FAULTS } from "./run_time_faults.ts";
import { SHRINK } from "./shrink.ts";
import { SIZE_ROUNDING } from "./size_rounding.ts";
import { STREAM } from "./stream.ts";
import { SUB_CLUSTER_TRIM } from "./sub_cluster_trim.ts";
import type { Scenario } from "./qed/scenario.ts";
import { TRIM_REUSE } from "./trim_reuse.ts";
import { UPGRADE_LAYOUT } from "./upgrade_layout.ts";
import { WRITE_ZEROES } from "./write_zeroes.ts";

/** Every scenario: the claims in their order, then the promises of this implementation. */
export const SCENARIOS: readonly Scenario[] = [
  IN_PLACE_WRITES,
  NEW_L2_TABLE,
  FOUR_OUTCOMES,
  ALIASING,
  DIRTY_BIT,
  SIZE_ROUNDING,
  BEYOND_FOUR,
  HEADER_CHECKSUM,
  BACKING_FILE,
  TRIM_REUSE,
  FLUSHES,
  BACKGROUND_CHECK,
  EXABYTE,
  RAW_BACKING,
  PARALLEL_REQUESTS,
  SUB_CLUSTER_TRIM,
  DEFRAGMENT,
  COPY_ON_READ,
  STREAM,
  WRITE_ZEROES,
  EMPTY,
  COMMIT,
  REBASE,
  REBASE_HEADER,
  GROW,
  SHRINK,
  REPAIR,
  RUN_TIME_FAULTS,
  UPGRADE_LAYOUT,
];
