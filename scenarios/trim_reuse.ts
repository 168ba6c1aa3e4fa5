import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import {
  closeImage,
  createImage,
  discardImage,
  flushImage,
  MemoryStorage,
  openImage,
  type Operation,
  type OrderingProfile,
  type Request,
  runSync,
  STRICT,
  writeImage,
} from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { skipFlushes } from "./qed/mutants/request_filters.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { CLOSE, discard, FLUSH, REOPEN, type Workload, write } from "./qed/workload.ts";

/** `strict`, but a single freed cluster is a batch. */
export const EAGER: OrderingProfile = Object.freeze({
  ...STRICT,
  name: "strict, reuse at once",
  reuseBatchClusters: 1,
});
const NO_REUSE: OrderingProfile = { ...STRICT, name: "strict, no reuse", reuseBatchClusters: 0 };

const COMMON = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, CLUSTER), write(CLUSTER, CLUSTER), write(2 * CLUSTER, CLUSTER)],
};
/** Discards and reuses two clusters before the end of the file and the one at its end. */
export const REUSED: Workload = {
  ...COMMON,
  steps: [
    write(4 * CLUSTER, 512),
    discard(0, 2 * CLUSTER),
    write(5 * CLUSTER + 512, 512),
    FLUSH,
    write(6 * CLUSTER, 1024),
    discard(4 * CLUSTER, 3 * CLUSTER),
    FLUSH,
    write(7 * CLUSTER, 2 * CLUSTER),
    write(0, 512),
  ],
};
/** The same over a backing file, where data is flushed before its entry. */
export const REUSED_OVER_BACKING: Workload = {
  ...REUSED,
  backing: patternBytes(77, 0, 16 * CLUSTER),
};
/** The last freed cluster ends the file: closing cuts it off, and the next session grows the file. */
export const CUT: Workload = {
  ...COMMON,
  steps: [
    write(3 * CLUSTER, 512),
    discard(CLUSTER, 3 * CLUSTER),
    REOPEN,
    write(5 * CLUSTER, 512),
    CLOSE,
  ],
};

const POST_RECOVERY_WRITES = [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }];
const CLEAN = {
  profile: EAGER,
  preset: SECTORS,
  postRecoveryWrites: POST_RECOVERY_WRITES,
  expected: "clean" as const,
};
const CASES: readonly Case[] = [
  { ...CLEAN, name: "reused after a flush", workload: REUSED },
  { ...CLEAN, name: "reused after a flush", workload: REUSED, preset: WRITES },
  { ...CLEAN, name: "reused after a flush", workload: REUSED, preset: BLOCKS },
  { ...CLEAN, name: "the same over a backing file", workload: REUSED_OVER_BACKING },
  {
    ...CLEAN,
    name: "the same in the rfc layout",
    workload: { ...REUSED, layout: "rfc" },
  },
  { ...CLEAN, name: "cut off at close", workload: CUT },
  { ...CLEAN, name: "without reuse", workload: REUSED, profile: NO_REUSE },
  {
    ...CLEAN,
    name: "reused without a flush",
    workload: REUSED,
    filters: [skipFlushes("cleaned clusters before they are reused")],
    expected: ["wrong-data"],
  },
  {
    ...CLEAN,
    name: "reused without a flush, over a backing file",
    workload: REUSED_OVER_BACKING,
    filters: [skipFlushes("freed clusters before they are reused")],
    expected: ["wrong-data"],
  },
];

const PAIRS = 512;
const LARGE_CLUSTER = 2 ** 16;

/** Fills a disk, then repeatedly discards a cluster and writes another one. */
function measureReuse(profile: OrderingProfile): { flushes: number; grownClusters: number } {
  const file = new MemoryStorage();
  let flushes = 0;
  const counted = {
    perform(request: Request) {
      if (request.kind === "flush") flushes++;
      return file.perform(request);
    },
  };
  const bytes = new Uint8Array(4096).fill(1);
  return runSync(
    (function* (): Operation<{ flushes: number; grownClusters: number }> {
      yield* createImage({ imageBytes: 2 ** 30 });
      const image = yield* openImage({ writable: true, profile });
      yield* writeImage(image, 0, new Uint8Array(64 * LARGE_CLUSTER).fill(2));
      yield* flushImage(image);
      flushes = 0;
      const before = file.sizeBytes;
      for (let i = 0; i < PAIRS; i++) {
        yield* discardImage(image, i * LARGE_CLUSTER, LARGE_CLUSTER);
        yield* writeImage(image, (64 + i) * LARGE_CLUSTER, bytes);
      }
      const figures = { flushes, grownClusters: (file.sizeBytes - before) / LARGE_CLUSTER };
      yield* closeImage(image);
      return figures;
    })(),
    [counted],
  );
}

/** Claim 10. */
export const TRIM_REUSE: ExploredScenario = {
  name: "trim-reuse",
  claim: 10,
  mail: "Anthony Liguori, 10 September 2010 13:39",
  statement: "A TRIM clears the L2 entry and syncs; the sync may wait until the cluster is reused.",
  cases: CASES,
  demonstrations: [{
    name: `${PAIRS} times: discard a cluster of 64 KiB, write another one`,
    run() {
      const [never, batches, each] = [NO_REUSE, STRICT, EAGER].map(measureReuse);
      const line = ({ flushes, grownClusters }: typeof never) =>
        `${flushes} flushes, the file grows by ${grownClusters} clusters`;
      return {
        holds: never.grownClusters === PAIRS && batches.grownClusters <= 16 &&
          batches.flushes <= PAIRS / 16 && each.flushes >= PAIRS / 2,
        figures: [
          `no reuse: ${line(never)}`,
          `batches of ${STRICT.reuseBatchClusters} (strict): ${line(batches)}`,
          `batches of one: ${line(each)}`,
        ],
      };
    },
  }],
};

if (import.meta.main) Deno.exitCode = await runAsScript(TRIM_REUSE);
