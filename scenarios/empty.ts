import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { emptyImage, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { skipFlushes } from "./qed/mutants/request_filters.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { CLOSE, FLUSH, operate, type Workload, write } from "./qed/workload.ts";

const FILE_BYTES = 16 * CLUSTER;

/** The backing file holds the prepared writes of the image as well: they were committed. */
function committed(): Uint8Array {
  const backing = patternBytes(77, 0, PER_L2_TABLE + 2 * CLUSTER);
  backing.fill(0, 6 * CLUSTER, PER_L2_TABLE);
  backing.set(patternBytes(1, CLUSTER, 2 * CLUSTER), CLUSTER);
  backing.set(patternBytes(2, PER_L2_TABLE, CLUSTER), PER_L2_TABLE);
  return backing;
}

/** Drops two L2 tables; then the guest writes the image again. */
export const EMPTIED: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  backing: committed(),
  prepared: [write(CLUSTER, 2 * CLUSTER), write(PER_L2_TABLE, CLUSTER)],
  steps: [
    operate(emptyImage, { givesUpBytes: FILE_BYTES }),
    write(2 * CLUSTER + 512, 512),
    FLUSH,
    write(3 * CLUSTER, CLUSTER),
    CLOSE,
  ],
};
const COMMON = {
  name: "an image whose contents were committed",
  profile: STRICT,
  workload: EMPTIED,
  postRecoveryWrites: [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }],
};

/** A promise of this implementation. */
export const EMPTY: ExploredScenario = {
  name: "empty",
  mail: "emptyImage",
  statement: "Emptying an image after a commit never changes the guest's data, in any crash.",
  cases: [
    ...[SECTORS, WRITES, BLOCKS].map((preset) => ({
      ...COMMON,
      preset,
      expected: "clean" as const,
    })),
    {
      ...COMMON,
      name: "without the flush before the file is cut",
      preset: SECTORS,
      filters: [skipFlushes("L1 entries before the file is cut")],
      expected: ["unusable"],
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(EMPTY);
