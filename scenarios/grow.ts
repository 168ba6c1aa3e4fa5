import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { resizeImage, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { CLOSE, FLUSH, operate, type Step, type Workload, write } from "./qed/workload.ts";

/** The disk ends in the middle of a cluster. */
const SMALL = 3 * CLUSTER + 1024;
const GROW_DISK = operate((image) => resizeImage(image, DISK));
/** Writes to the added space: in the old last cluster, in later clusters, in another L2 table. */
const WRITES_BEHIND: readonly Step[] = [
  write(SMALL + 512, 512),
  write(5 * CLUSTER + 512, 512),
  write(PER_L2_TABLE + CLUSTER + 512, 512),
];
const COMMON = { clusterBytes: CLUSTER, imageBytes: SMALL, grownBytes: DISK };

/** Over a raw backing file that is longer than the disk before it grows. */
export const GROWN_OVER_BACKING: Workload = {
  ...COMMON,
  backing: patternBytes(7, 0, PER_L2_TABLE + 3 * CLUSTER),
  steps: [write(CLUSTER, 512), GROW_DISK, ...WRITES_BEHIND, FLUSH, CLOSE],
};
/** When the disk grows, its last cluster comes from the backing file, or is the image's own. */
const CASES: readonly { name: string; workload: Workload }[] = [
  { name: "over a longer backing file", workload: GROWN_OVER_BACKING },
  {
    name: "over a longer backing file, the last cluster allocated",
    workload: { ...GROWN_OVER_BACKING, prepared: [write(SMALL - 512, 512)] },
  },
  {
    name: "without a backing file",
    workload: {
      ...COMMON,
      prepared: [write(0, CLUSTER), write(SMALL - 512, 512)],
      steps: [write(CLUSTER, 512), GROW_DISK, ...WRITES_BEHIND, FLUSH, CLOSE],
    },
  },
  {
    name: "at once flushed by nobody",
    workload: { ...GROWN_OVER_BACKING, steps: [GROW_DISK, write(5 * CLUSTER, 512)] },
  },
];
/** Past the old end of the disk: zeroes, or later writes. */
const POST_RECOVERY_WRITES = [{ offsetBytes: 2 * CLUSTER, lengthBytes: 512 }];

/** A promise of this implementation. */
export const GROW: ExploredScenario = {
  name: "grow",
  mail: "resizeImage",
  statement: "A disk that grows keeps its contents and shows zeroes after them.",
  cases: [
    ...CASES.map((each) => ({
      ...each,
      profile: STRICT,
      preset: SECTORS,
      postRecoveryWrites: POST_RECOVERY_WRITES,
      expected: "clean" as const,
    })),
    ...[WRITES, BLOCKS].map((preset) => ({
      ...CASES[0],
      profile: STRICT,
      preset,
      postRecoveryWrites: POST_RECOVERY_WRITES,
      expected: "clean" as const,
    })),
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(GROW);
