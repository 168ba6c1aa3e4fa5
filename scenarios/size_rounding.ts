import { SECTORS } from "../harness/advanced.ts";
import {
  checkImage,
  MemoryStorage,
  openImage,
  type OrderingProfile,
  RFC,
  runSync,
  STRICT,
  writeImage,
} from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import { type ExploredScenario, setUp } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { type Workload, write } from "./qed/workload.ts";

const ROUNDS_DOWN: OrderingProfile = {
  ...RFC,
  name: "rfc, rounds down",
  partialTail: "round-down",
};
const KEEPS_TAIL: OrderingProfile = {
  ...STRICT,
  name: "strict, keeps tail",
  partialTail: "round-down",
};

/** An image whose file ends in half a cluster, left by an earlier crash. */
const TORN: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, CLUSTER)],
  tornTailBytes: CLUSTER / 2,
  steps: [write(3 * CLUSTER, 512)],
};
const COMMON = {
  name: "allocation after a torn tail",
  preset: SECTORS,
  workload: TORN,
  postRecoveryWrites: [{ offsetBytes: 9 * CLUSTER, lengthBytes: 512 }],
};

/** Open the image, allocate one cluster, and measure the tail. */
function allocateBehindTail(profile: OrderingProfile): { leaks: number; growthBytes: number } {
  const { log } = setUp({
    ...COMMON,
    workload: { ...TORN, steps: [] },
    profile,
    expected: "clean",
  });
  const bytes = new Uint8Array(log.base.sizeBytes);
  log.base.read(0, bytes);
  const file = new MemoryStorage(bytes);
  const leaks = runSync(
    (function* () {
      const image = yield* openImage({ writable: true, profile });
      yield* writeImage(image, 3 * CLUSTER, patternBytes(1, 3 * CLUSTER, CLUSTER));
      return (yield* checkImage(image)).leaks;
    })(),
    [file],
  );
  return { leaks, growthBytes: file.sizeBytes - bytes.length };
}

/** Claim 6. */
export const SIZE_ROUNDING: ExploredScenario = {
  name: "size-rounding",
  claim: 6,
  mail: "Stefan Hajnoczi, 8 September 2010 11:15",
  statement:
    "Rounding the file size down lets the next allocation reclaim a partial write at the " +
    "end.",
  cases: [
    { ...COMMON, profile: KEEPS_TAIL, expected: ["wrong-data"] },
    { ...COMMON, profile: STRICT, expected: "clean" },
    { ...COMMON, profile: RFC, expected: "as found" },
    { ...COMMON, profile: ROUNDS_DOWN, expected: "as found" },
  ],
  demonstrations: [{
    name: "the tail after one more allocation",
    run() {
      const up = allocateBehindTail(RFC);
      const down = allocateBehindTail(ROUNDS_DOWN);
      return {
        holds: up.leaks === 1 && down.leaks === 0 && down.growthBytes < up.growthBytes,
        figures: [
          `rounded up (the patch): ${up.leaks} cluster leaked, the file grew by ${up.growthBytes}`,
          `rounded down: ${down.leaks} leaked, the file grew by ${down.growthBytes} bytes`,
          "but rounding down alone lets stale bytes of the tail show through: see the case above",
        ],
      };
    },
  }],
};

if (import.meta.main) Deno.exitCode = await runAsScript(SIZE_ROUNDING);
