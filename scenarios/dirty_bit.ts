import { BLOCKS, ORDERED, SECTORS, WRITES } from "../harness/advanced.ts";
import { QEMU, RFC, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { CLOSE, FLUSH, REOPEN, type Workload, write } from "./qed/workload.ts";

/** First and later allocations, three L2 tables, unaligned and crossing writes, a clean reopen. */
const WORKLOAD: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, CLUSTER)],
  steps: [
    write(3 * CLUSTER + 512, 512),
    write(5 * CLUSTER + 100, CLUSTER),
    FLUSH,
    write(PER_L2_TABLE - 1000, 2000),
    REOPEN,
    write(8 * CLUSTER, 2 * CLUSTER),
    write(70 * CLUSTER, 512),
    write(2 * PER_L2_TABLE, 512),
    CLOSE,
  ],
};
const COMMON = {
  name: "allocations, flush, reopen, close",
  workload: WORKLOAD,
  postRecoveryWrites: [
    { offsetBytes: 100 * CLUSTER, lengthBytes: 512 },
    { offsetBytes: 5 * PER_L2_TABLE, lengthBytes: 512 },
  ],
};

/** Claim 5. */
export const DIRTY_BIT: ExploredScenario = {
  name: "dirty-bit",
  claim: 5,
  mail: "Anthony Liguori, 7 September 2010 16:25; Stefan Hajnoczi, 8 September 11:15",
  statement: "A dirty bit in the header and a check at open repair the damage of a crash.",
  cases: [
    ...[ORDERED, WRITES, SECTORS, BLOCKS].map((preset) => ({
      ...COMMON,
      preset,
      profile: STRICT,
      expected: "clean" as const,
    })),
    { ...COMMON, preset: SECTORS, profile: QEMU, expected: ["inconsistent"] },
    { ...COMMON, preset: SECTORS, profile: RFC, expected: ["inconsistent"] },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(DIRTY_BIT);
