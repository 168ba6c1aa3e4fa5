import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { STRICT, upgradeLayout } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { BACKING_NAME } from "./qed/prepared_file.ts";
import { CLOSE, FLUSH, operate, type Workload, write } from "./qed/workload.ts";

/** Allocations before and after, in the same session. */
export const UPGRADED: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  layout: "rfc",
  prepared: [write(0, CLUSTER)],
  steps: [
    write(3 * CLUSTER + 512, 512),
    operate(upgradeLayout),
    write(PER_L2_TABLE, 512),
    write(5 * CLUSTER, 512),
    FLUSH,
    CLOSE,
  ],
};
const WITH_BACKING: Workload = {
  ...UPGRADED,
  backing: patternBytes(7, 0, 6 * CLUSTER),
  backingNames: [BACKING_NAME],
};
const POST_RECOVERY_WRITES = [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }];

function cases(name: string, workload: Workload): Case[] {
  return [SECTORS, WRITES, BLOCKS].map((preset) => ({
    name,
    profile: STRICT,
    preset,
    workload,
    postRecoveryWrites: POST_RECOVERY_WRITES,
    expected: "clean",
  }));
}

/** A promise of this implementation. */
export const UPGRADE_LAYOUT: ExploredScenario = {
  name: "upgrade-layout",
  mail: "upgradeLayout",
  statement:
    "An image that changes from the rfc layout to the final one has either, with the same contents.",
  cases: [...cases("without a backing file", UPGRADED), ...cases("with one", WITH_BACKING)],
};

if (import.meta.main) Deno.exitCode = await runAsScript(UPGRADE_LAYOUT);
