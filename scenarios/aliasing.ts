import { SECTORS } from "../harness/advanced.ts";
import { QEMU, RFC, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { type Workload, write } from "./qed/workload.ts";

const WORKLOAD: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, CLUSTER)],
  steps: [write(3 * CLUSTER, CLUSTER)],
};
const COMMON = {
  name: "one allocation, then another after the crash",
  preset: SECTORS,
  workload: WORKLOAD,
  postRecoveryWrites: [{ offsetBytes: 9 * CLUSTER, lengthBytes: CLUSTER }],
};

/** Claim 4. */
export const ALIASING: ExploredScenario = {
  name: "aliasing",
  claim: 4,
  mail: "Stefan Hajnoczi, 8 September 2010 11:15; Avi Kivity, 7 September 14:51",
  statement: "If only the L2 entry reaches the disk, a later allocation makes its offset valid: " +
    "one cluster, two owners.",
  cases: [
    { ...COMMON, profile: RFC, expected: ["aliasing", "inconsistent"] },
    { ...COMMON, profile: QEMU, expected: ["unusable", "aliasing", "inconsistent"] },
    { ...COMMON, profile: STRICT, expected: "clean" },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(ALIASING);
