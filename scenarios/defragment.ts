import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { defragmentImage, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import { type ExploredScenario, setUp } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import {
  CLOSE,
  FLUSH,
  inTurn,
  operate,
  type Request,
  type Step,
  together,
  type Workload,
  write,
} from "./qed/workload.ts";

/** Clusters of two L2 tables alternately, in descending order. */
const FRAGMENTED: readonly Step[] = [3, 2, 1, 0].flatMap((cluster) => [
  write(PER_L2_TABLE + cluster * CLUSTER, CLUSTER),
  write(cluster * CLUSTER, CLUSTER),
]);

/** Defragments `clusters` at a time; few, so that there are several windows. */
function defragment(windowClusters: number): Request {
  return operate((image) => defragmentImage(image, { windowClusters }));
}

const COMMON = { clusterBytes: CLUSTER, imageBytes: DISK, prepared: FRAGMENTED };
/** The guest writes before and after. */
export const DEFRAGMENTED: Workload = {
  ...COMMON,
  steps: [
    write(5 * CLUSTER, CLUSTER),
    write(CLUSTER + 512, 512),
    defragment(1),
    write(2 * CLUSTER + 100, 700),
    write(6 * CLUSTER, 512),
    FLUSH,
    CLOSE,
  ],
};
/** The guest overwrites and allocates while clusters move. */
const ONLINE: Workload = {
  ...COMMON,
  steps: [
    together(
      [
        defragment(3),
        inTurn(...[0, 1, 2, 3].map((cluster) => write(cluster * CLUSTER + 512, 512))),
        inTurn(write(PER_L2_TABLE + 3 * CLUSTER, 1024), write(9 * CLUSTER, 512)),
      ],
      { seed: 25 },
    ),
    FLUSH,
    CLOSE,
  ],
};
const POST_RECOVERY_WRITES = [
  { offsetBytes: 100 * CLUSTER, lengthBytes: 512 },
  { offsetBytes: 5 * PER_L2_TABLE, lengthBytes: 512 },
];

/** Claim 25. */
export const DEFRAGMENT: ExploredScenario = {
  name: "defragment",
  claim: 25,
  mail: "Anthony Liguori, 8 September 2010 16:30",
  statement: "The driver can defragment an image online by freezing and swapping clusters.",
  cases: [
    ...[SECTORS, WRITES, BLOCKS].map((preset) => ({
      name: "eight clusters out of order, moved one at a time",
      profile: STRICT,
      preset,
      workload: DEFRAGMENTED,
      postRecoveryWrites: POST_RECOVERY_WRITES,
      expected: "clean" as const,
    })),
    {
      name: "the guest overwrites and allocates meanwhile",
      profile: STRICT,
      preset: SECTORS,
      workload: ONLINE,
      postRecoveryWrites: POST_RECOVERY_WRITES,
      expected: "clean",
    },
    {
      name: "with a backing file",
      profile: STRICT,
      preset: SECTORS,
      workload: { ...DEFRAGMENTED, backing: patternBytes(7, 0, 9 * CLUSTER) },
      postRecoveryWrites: POST_RECOVERY_WRITES,
      expected: "clean",
    },
  ],
  demonstrations: [{
    name: "requests of the defragmentation",
    run() {
      const { log } = setUp({
        name: "",
        profile: STRICT,
        preset: SECTORS,
        workload: { ...COMMON, steps: [defragment(3)] },
        expected: "clean",
      });
      const count = (kind: string, label = "") =>
        log.events.filter((event) =>
          event.kind === kind && "label" in event && event.label.startsWith(label)
        ).length;
      const cuts = count("resized", "leaked clusters");
      return {
        holds: cuts === 1 && count("write-issued", "header") === 0,
        figures: [
          `${count("write-issued", "moved-data")} copies of data, ` +
          `${count("write-issued", "moved-l2-table")} of L2 tables, ` +
          `${count("write-issued", "l")} writes of table sectors, ${count("flush-issued")} flushes`,
          "NEED_CHECK is never set: a crash costs leaks, and at most what the file has grown by",
        ],
      };
    },
  }],
};

if (import.meta.main) Deno.exitCode = await runAsScript(DEFRAGMENT);
