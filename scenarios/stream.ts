import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { streamImage } from "../lib/chain/mod.ts";
import { type QedImage, readImage, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { skipFlushes } from "./qed/mutants/request_filters.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import {
  CLOSE,
  discard,
  FLUSH,
  inTurn,
  operate,
  REOPEN,
  type Schedule,
  together,
  type Workload,
  write,
} from "./qed/workload.ts";

/** Data, zeroes in the middle, and an end inside a cluster of the second L2 table. */
function backing(): Uint8Array {
  const bytes = patternBytes(77, 0, PER_L2_TABLE + CLUSTER + 1024);
  return bytes.fill(0, 5 * CLUSTER, PER_L2_TABLE - CLUSTER);
}

const EVERYTHING = { copies: { offsetBytes: 0, lengthBytes: DISK } };
/** Copies all of the backing file, then detaches it. */
const STREAM_ALL = operate((image) => streamImage(image), EVERYTHING);
/** Reads of an image that copies on read. */
const READ = operate(function* (image: QedImage) {
  image.copiesOnRead = true;
  yield* readImage(image, 2 * CLUSTER + 512, new Uint8Array(CLUSTER));
  image.copiesOnRead = false;
}, EVERYTHING);

/** Streaming while a guest writes, reads, discards and flushes, in the order of a schedule. */
function workload(schedule: Schedule): Workload {
  return {
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    backing: backing(),
    backingNames: ["base.raw", undefined],
    prepared: [write(CLUSTER + 512, 512)],
    steps: [
      together([
        STREAM_ALL,
        inTurn(write(3 * CLUSTER + 512, 512), FLUSH, write(PER_L2_TABLE + CLUSTER, 512)),
        inTurn(READ, discard(0, CLUSTER), write(8 * CLUSTER, 512)),
      ], schedule),
      write(20 * CLUSTER, 512),
      CLOSE,
    ],
  };
}

/** Streaming without a guest, and another session after it. */
const ALONE: Workload = {
  ...workload([]),
  steps: [
    write(3 * CLUSTER + 512, 512),
    STREAM_ALL,
    FLUSH,
    REOPEN,
    write(20 * CLUSTER, 512),
    CLOSE,
  ],
};
const COMMON = {
  profile: STRICT,
  preset: SECTORS,
  postRecoveryWrites: [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }],
};
const CLEAN = { ...COMMON, expected: "clean" as const };

/** Claim 26. */
export const STREAM: ExploredScenario = {
  name: "stream",
  claim: 26,
  mail: "Anthony Liguori, 9 September 2010 12:49",
  statement:
    "Live conversion by streaming never changes the guest's data: before, during and after it.",
  cases: [
    ...[SECTORS, WRITES, BLOCKS].map((preset) => ({
      ...CLEAN,
      preset,
      name: "without a guest",
      workload: ALONE,
    })),
    { ...CLEAN, name: "with a guest, in turn", workload: workload([]) },
    ...[1, 2, 3].map((seed) => ({
      ...CLEAN,
      name: `with a guest, order ${seed}`,
      workload: workload({ seed }),
    })),
    {
      ...COMMON,
      name: "without the flush between data and L2 entry",
      workload: ALONE,
      filters: [skipFlushes("data before L2 entry")],
      expected: ["wrong-data"],
    },
    {
      ...COMMON,
      name: "without the flush before the backing file is detached",
      workload: ALONE,
      filters: [skipFlushes("before the backing file changes")],
      expected: ["wrong-data"],
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(STREAM);
