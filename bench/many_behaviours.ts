/** A problem large enough for many workers: they set it up from here. */
import { type Problem, SECTORS } from "../harness/advanced.ts";
import { STRICT } from "../lib/mod.ts";
import { qedTarget } from "../scenarios/qed/qed_target.ts";
import { record } from "../scenarios/qed/record.ts";
import { type Workload, write } from "../scenarios/qed/workload.ts";

/** Bytes of a cluster. */
export const CLUSTER = 4096;
/** QEMU refuses tables of one cluster, and it is to check the same images. */
export const TABLE_CLUSTERS = 2;
/** How much of the guest's disk one table stands for, in bytes. */
export const PER_TABLE = (TABLE_CLUSTERS * CLUSTER / 8) * CLUSTER;
/** Bytes of the guest's disk. */
export const DISK = 64 * 2 ** 20;

/** How large the problem is to be. */
export interface ManyInput {
  /** Writes that are on their way at once; a few more make it several times as large. */
  readonly writes: number;
}

/** Writes that go to three L2 tables, each to a sector of them that others touch too. */
export function manyBehaviours({ writes }: ManyInput): Workload {
  return {
    clusterBytes: CLUSTER,
    tableClusters: TABLE_CLUSTERS,
    imageBytes: DISK,
    prepared: [0, 1, 2].map((table) => write(table * PER_TABLE, CLUSTER)),
    steps: Array.from({ length: writes }, (_, i) => {
      const place = 1 + 64 * Math.floor(i / 3) + i % 3;
      return write((i % 3) * PER_TABLE + place * CLUSTER, CLUSTER);
    }),
  };
}

/** Each behaviour by itself: what is measured is how fast one is run, not how few are enough. */
export function problemOf(input: unknown): Problem {
  return {
    log: record(manyBehaviours(input as ManyInput), { profile: STRICT }),
    target: qedTarget({ profile: STRICT, clusterBytes: CLUSTER }),
    preset: SECTORS,
    options: { guestBytes: DISK, independent: false },
  };
}
