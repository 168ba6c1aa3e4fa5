import { SECTORS } from "../harness/advanced.ts";
import { QEMU, RFC, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { FLUSH, type Workload, write } from "./qed/workload.ts";

const WORKLOAD: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  steps: [
    write(0, CLUSTER),
    write(PER_L2_TABLE + 512, 1024),
    FLUSH,
    write(2 * PER_L2_TABLE, CLUSTER),
  ],
};
const COMMON = {
  preset: SECTORS,
  workload: WORKLOAD,
  postRecoveryWrites: [{ offsetBytes: 9 * CLUSTER, lengthBytes: 512 }],
};
const WITH_FLUSH = {
  ...COMMON,
  name: "each write needs a new L2 table",
  expected: "clean",
} as const;

/** Claim 2. */
export const NEW_L2_TABLE: ExploredScenario = {
  name: "new-l2-table",
  claim: 2,
  mail: "Stefan Hajnoczi, 8 September 2010 11:15",
  statement:
    "A new L2 table is written in the order data, L2, fsync, L1, so the L1 table always points at " +
    "a complete table.",
  cases: [
    { ...WITH_FLUSH, profile: STRICT },
    { ...WITH_FLUSH, profile: QEMU },
    { ...WITH_FLUSH, profile: RFC },
    {
      ...COMMON,
      name: "without the flush before the L1 entry",
      profile: { ...RFC, name: "rfc, no flush", flushesNewL2Table: false },
      expected: ["inconsistent"],
    },
    {
      ...COMMON,
      name: "without the flush before the L1 entry",
      profile: { ...STRICT, name: "strict, no flush", flushesNewL2Table: false },
      expected: "clean",
    },
    {
      ...COMMON,
      name: "with a backing file, without the flush before the L1 entry",
      workload: { ...WORKLOAD, backing: patternBytes(7, 0, 4 * CLUSTER) },
      profile: { ...STRICT, name: "strict, no flush", flushesNewL2Table: false },
      expected: ["inconsistent"],
    },
    {
      ...COMMON,
      name: "with a backing file",
      workload: { ...WORKLOAD, backing: patternBytes(7, 0, 4 * CLUSTER) },
      profile: STRICT,
      expected: "clean",
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(NEW_L2_TABLE);
