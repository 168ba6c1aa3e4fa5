import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { CLOSE, FLUSH, type Workload, write, zero } from "./qed/workload.ts";
import { EAGER } from "./trim_reuse.ts";

/** Zeroes whole clusters and parts, allocated or not, in two L2 tables, and reuses freed clusters. */
export const ZEROED: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, 3 * CLUSTER), write(5 * CLUSTER + 512, 512)],
  steps: [
    write(4 * CLUSTER, 512),
    zero(CLUSTER + 1024, CLUSTER),
    zero(5 * CLUSTER, 1024),
    FLUSH,
    zero(0, 4 * CLUSTER),
    write(6 * CLUSTER + 512, 512),
    zero(PER_L2_TABLE - 2 * CLUSTER, 3 * CLUSTER + 512),
    write(CLUSTER, 512),
    CLOSE,
  ],
};
/** A backing file with data where the workload writes, and zeroes in between. */
function backing(): Uint8Array {
  const bytes = patternBytes(77, 0, PER_L2_TABLE + CLUSTER + 1024);
  return bytes.fill(0, 8 * CLUSTER, PER_L2_TABLE - 3 * CLUSTER);
}

/** The same over a backing file, also past the first L2 table. */
export const ZEROED_OVER_BACKING: Workload = {
  ...ZEROED,
  backing: backing(),
};

const POST_RECOVERY_WRITES = [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }];
const CLEAN = {
  preset: SECTORS,
  postRecoveryWrites: POST_RECOVERY_WRITES,
  expected: "clean" as const,
};
const CASES: readonly Case[] = [STRICT, EAGER].flatMap((profile) => [
  { ...CLEAN, profile, name: "without a backing file", workload: ZEROED },
  { ...CLEAN, profile, name: "over a backing file", workload: ZEROED_OVER_BACKING },
  {
    ...CLEAN,
    profile,
    name: "in the rfc layout",
    workload: { ...ZEROED, layout: "rfc" },
  },
  {
    ...CLEAN,
    profile,
    name: "in the rfc layout, over a backing file",
    workload: { ...ZEROED_OVER_BACKING, layout: "rfc" },
  },
]);

/** A promise of this implementation. */
export const WRITE_ZEROES: ExploredScenario = {
  name: "write-zeroes",
  mail: "writeZeroes",
  statement: "Writing zeroes is as safe as writing any other data, whatever it unmaps.",
  cases: [
    ...CASES,
    ...[WRITES, BLOCKS].map((preset) => ({
      ...CLEAN,
      profile: EAGER,
      name: "over a backing file",
      workload: ZEROED_OVER_BACKING,
      preset,
    })),
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(WRITE_ZEROES);
