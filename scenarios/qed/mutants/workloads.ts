/** The workloads that detect mutants: small, and together they take every write path of the driver. */
import type { Exploration, GuestRange, Preset } from "../../../harness/advanced.ts";
import type { Filter, OrderingProfile } from "../../../lib/mod.ts";
import { COPIED } from "../../copy_on_read.ts";
import { DEFRAGMENTED } from "../../defragment.ts";
import { EMPTIED } from "../../empty.ts";
import { GROWN_OVER_BACKING } from "../../grow.ts";
import { RENAMED } from "../../rebase_header.ts";
import { RECLAIMED, REPAIRED } from "../../repair.ts";
import { SHRUNK_OVER_BACKING } from "../../shrink.ts";
import { SUB_CLUSTER } from "../../sub_cluster_trim.ts";
import { explore } from "../scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "../sizes.ts";
import { patternBytes } from "../pattern_bytes.ts";
import { CLOSE, FLUSH, REOPEN, type Workload, write } from "../workload.ts";
import { CUT, REUSED, REUSED_OVER_BACKING } from "../../trim_reuse.ts";
import { UPGRADED } from "../../upgrade_layout.ts";
import { ZEROED, ZEROED_OVER_BACKING } from "../../write_zeroes.ts";

const FINAL = { clusterBytes: CLUSTER, imageBytes: DISK };

/** Workloads by name. */
export const WORKLOADS = {
  "fresh image": {
    ...FINAL,
    steps: [write(0, CLUSTER), write(3 * CLUSTER, 512), FLUSH, write(5 * CLUSTER + 512, 1024)],
  },
  "later allocations": {
    ...FINAL,
    prepared: [write(0, CLUSTER)],
    steps: [write(3 * CLUSTER + 512, 512), write(0, 512), FLUSH, write(5 * CLUSTER, 512)],
  },
  "several L2 tables": {
    ...FINAL,
    prepared: [write(0, CLUSTER)],
    steps: [
      write(PER_L2_TABLE - 1000, 2000),
      FLUSH,
      write(2 * PER_L2_TABLE, 512),
      write(70 * CLUSTER, 512),
    ],
  },
  "several L2 tables, and room for one": {
    ...FINAL,
    l2CacheTables: 1,
    prepared: [write(0, CLUSTER), write(PER_L2_TABLE, CLUSTER)],
    steps: [
      write(CLUSTER, 512),
      write(PER_L2_TABLE + CLUSTER, 512),
      write(2 * CLUSTER, 512),
      FLUSH,
      write(CLUSTER, 512),
    ],
  },
  "unaligned and crossing": {
    ...FINAL,
    prepared: [write(0, 100), write(2 * CLUSTER, CLUSTER)],
    steps: [write(CLUSTER - 700, 2 * CLUSTER), FLUSH, write(3 * CLUSTER + 100, 1000)],
  },
  "reopened": {
    ...FINAL,
    prepared: [write(0, CLUSTER)],
    steps: [write(3 * CLUSTER, CLUSTER), REOPEN, write(5 * CLUSTER, 512), CLOSE],
  },
  "torn tail": {
    ...FINAL,
    prepared: [write(0, CLUSTER)],
    tornTailBytes: 1500,
    steps: [write(3 * CLUSTER, 512), FLUSH, write(4 * CLUSTER, 512)],
  },
  "backing file": {
    ...FINAL,
    backing: patternBytes(7, 0, 6 * CLUSTER + 1024),
    prepared: [write(0, 512)],
    steps: [
      write(CLUSTER + 1024, 512),
      write(6 * CLUSTER + 2048, 512),
      FLUSH,
      write(3 * CLUSTER + 100, CLUSTER),
      write(PER_L2_TABLE, 512),
    ],
  },
  "fresh image with a backing file": {
    ...FINAL,
    backing: patternBytes(7, 0, PER_L2_TABLE + CLUSTER),
    steps: [write(CLUSTER + 1024, 512), write(PER_L2_TABLE + 512, 512), FLUSH, write(0, 512)],
  },
  "rfc layout": {
    ...FINAL,
    layout: "rfc",
    prepared: [write(0, CLUSTER)],
    steps: [
      write(3 * CLUSTER + 512, 512),
      FLUSH,
      write(PER_L2_TABLE, 512),
      write(5 * CLUSTER, 512),
    ],
  },
  "zeroes": ZEROED,
  "zeroes over a backing file": ZEROED_OVER_BACKING,
  "discards": REUSED,
  "discards over a backing file": REUSED_OVER_BACKING,
  "freed at the end": CUT,
  "parts discarded": SUB_CLUSTER,
  "emptied": EMPTIED,
  "copied": COPIED,
  "dirty image": REPAIRED,
  "leaks given back": RECLAIMED,
  "defragmented": DEFRAGMENTED,
  "grown": GROWN_OVER_BACKING,
  "shrunk": SHRUNK_OVER_BACKING,
  "backing file renamed": RENAMED,
  "layout upgraded": UPGRADED,
} as const satisfies Readonly<Record<string, Workload>>;

/** The name of a workload. */
export type WorkloadName = keyof typeof WORKLOADS;

/** All of them. */
export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as readonly WorkloadName[];

/** Guest ranges that no workload writes: one in a table of its own, one in the first table. */
export const UNWRITTEN: readonly GuestRange[] = [
  { offsetBytes: 100 * CLUSTER, lengthBytes: 512 },
  { offsetBytes: 5 * PER_L2_TABLE, lengthBytes: 512 },
];

/** How a workload is run. */
export interface RunOptions {
  /** The ordering profile of the driver. */
  readonly profile: OrderingProfile;
  /** Filters of a mutant; recovery runs without them. */
  readonly filters?: readonly Filter[];
}

/** Run a workload by name and explore its crash states. */
export function exploreWorkload(
  name: WorkloadName,
  preset: Preset,
  options: RunOptions,
): Exploration {
  const workload: Workload = WORKLOADS[name];
  const alwaysThereBytes = workload.shrunkBytes ?? workload.imageBytes;
  const postRecoveryWrites = UNWRITTEN.filter(({ offsetBytes }) => offsetBytes < alwaysThereBytes);
  return explore({ ...options, name, preset, workload, postRecoveryWrites, expected: "clean" });
}
