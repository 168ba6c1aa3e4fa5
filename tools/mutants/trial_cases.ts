/** Cases that only defects are looked for with, or that a scenario has and no workload is named after. */
import { SECTORS } from "../../harness/advanced.ts";
import { FEATURE, STRICT } from "../../lib/mod.ts";
import { GROW } from "../../scenarios/grow.ts";
import { REBASE_HEADER } from "../../scenarios/rebase_header.ts";
import { REPAIRED } from "../../scenarios/repair.ts";
import type { Case, ExploredScenario } from "../../scenarios/qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "../../scenarios/qed/sizes.ts";
import { patternBytes } from "../../scenarios/qed/pattern_bytes.ts";
import { BACKING_NAME } from "../../scenarios/qed/prepared_file.ts";
import { CLOSE, discard, FLUSH, type Workload, write } from "../../scenarios/qed/workload.ts";
import { UNWRITTEN } from "../../scenarios/qed/mutants/workloads.ts";
import { CUT, EAGER } from "../../scenarios/trim_reuse.ts";
import { UPGRADE_LAYOUT } from "../../scenarios/upgrade_layout.ts";

/** Where the header has its feature bits. */
const FEATURES_OFFSET = 16;
const AUTOCLEAR_OFFSET = 32;
/** A bit of those that no version defines. */
const UNKNOWN_BIT = 1n << 40n;

/** Over the border of two L2 tables, neither of which is there. */
const ACROSS: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  steps: [write(2 * PER_L2_TABLE - 1000, 2000), FLUSH],
};

/** The session does not open it again: the state that closing left is checked, not used. */
const CUT_AND_CLOSED: Workload = {
  ...CUT,
  steps: [write(3 * CLUSTER, 512), discard(CLUSTER, 3 * CLUSTER), CLOSE],
};

/** The end of the file is given up, and reused before a flush. */
const WANTED_AT_ONCE: Workload = {
  ...CUT,
  steps: [
    write(3 * CLUSTER, 512),
    discard(3 * CLUSTER, CLUSTER),
    write(5 * CLUSTER, 512),
    discard(0, 2 * CLUSTER),
    write(6 * CLUSTER, 512),
    FLUSH,
    write(5 * CLUSTER + 512, 512),
  ],
};

/** A damaged image that is repaired when it is opened, with bits that mean nothing to the driver. */
const UNKNOWN_BITS: Workload = {
  ...REPAIRED,
  damage(file) {
    REPAIRED.damage?.(file);
    new DataView(file.buffer).setBigUint64(AUTOCLEAR_OFFSET, UNKNOWN_BIT, true);
  },
  // In place: an allocation would set the mark, and a repair put right what was not.
  steps: [write(0, 512), FLUSH, CLOSE],
};

/** The mark of a driver that sets it over a backing file as well. */
const MARKED_OVER_BACKING: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  backing: patternBytes(7, 0, 4 * CLUSTER),
  backingNames: [BACKING_NAME],
  prepared: [write(512, 512)],
  damage(file) {
    const view = new DataView(file.buffer);
    const features = view.getBigUint64(FEATURES_OFFSET, true);
    view.setBigUint64(FEATURES_OFFSET, features | FEATURE.NEED_CHECK, true);
  },
  steps: [write(CLUSTER + 512, 512), FLUSH, CLOSE],
};

function strict(name: string, workload: Workload): Case {
  return {
    name,
    workload,
    profile: STRICT,
    preset: SECTORS,
    expected: "clean",
    postRecoveryWrites: UNWRITTEN,
  };
}

/** The cases of a scenario whose names contain `part`. */
function casesOf({ cases }: ExploredScenario, part: string): readonly Case[] {
  return cases.filter(({ preset, name }) => preset === SECTORS && name.includes(part));
}

/** All of them; searched as they are. */
export const CASES: readonly Case[] = [
  strict("across tables that are missing", ACROSS),
  ...casesOf(GROW, "last cluster"),
  strict("freed at the end and closed", CUT_AND_CLOSED),
  { ...strict("freed at the end and wanted at once", WANTED_AT_ONCE), profile: EAGER },
  strict("dirty image with unknown bits", UNKNOWN_BITS),
  strict("dirty image over a backing file", MARKED_OVER_BACKING),
  ...casesOf(REBASE_HEADER, "rfc layout"),
  ...casesOf(REBASE_HEADER, "no backing file"),
  ...casesOf(UPGRADE_LAYOUT, "with one"),
];
