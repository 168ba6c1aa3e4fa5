import { BLOCKS, SECTORS } from "../harness/advanced.ts";
import { QEMU, RFC, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { FLUSH, type Workload, write } from "./qed/workload.ts";

/** Writes that share clusters with backing data, also at the end of the backing file. */
const WORKLOAD: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  backing: patternBytes(7, 0, 6 * CLUSTER + 1024),
  prepared: [write(0, 512)],
  steps: [
    write(CLUSTER + 1024, 512),
    write(6 * CLUSTER + 2048, 512),
    FLUSH,
    write(3 * CLUSTER + 100, CLUSTER),
    write(PER_L2_TABLE, 512),
  ],
};
const COMMON = {
  name: "copy on write from a raw backing file",
  workload: WORKLOAD,
  postRecoveryWrites: [{ offsetBytes: 5 * CLUSTER, lengthBytes: 512 }],
};

/** Claim 9. */
export const BACKING_FILE: ExploredScenario = {
  name: "backing-file",
  claim: 9,
  mail: "QED specification, section Unallocated L2 tables and data clusters",
  statement: "With a backing file, no flush between copied data and L2 entry loses backing data.",
  cases: [
    { ...COMMON, preset: SECTORS, profile: RFC, expected: ["wrong-data"] },
    { ...COMMON, preset: SECTORS, profile: QEMU, expected: "clean" },
    { ...COMMON, preset: SECTORS, profile: STRICT, expected: "clean" },
    { ...COMMON, preset: BLOCKS, profile: STRICT, expected: "clean" },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(BACKING_FILE);
