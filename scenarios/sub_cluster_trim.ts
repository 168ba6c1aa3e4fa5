import { SECTORS } from "../harness/advanced.ts";
import {
  checkImage,
  createImage,
  discardImage,
  MemoryStorage,
  openImage,
  type Operation,
  type Request,
  runSync,
  writeImage,
} from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { CLOSE, discard, FLUSH, type Workload, write } from "./qed/workload.ts";
import { EAGER } from "./trim_reuse.ts";

/** Discards parts of clusters: the rest is zero, becomes zero, is not zero; then reuses the cluster. */
export const SUB_CLUSTER: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, CLUSTER), write(CLUSTER + 512, 1024), write(2 * CLUSTER, CLUSTER)],
  steps: [
    discard(CLUSTER, 1024),
    discard(CLUSTER + 1024, 1024),
    discard(2 * CLUSTER + 512, 1024),
    write(4 * CLUSTER, 512),
    FLUSH,
    discard(4 * CLUSTER, 512),
    write(5 * CLUSTER, 512),
    discard(512, 2 * CLUSTER),
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
  { ...CLEAN, name: "without a backing file", workload: SUB_CLUSTER },
  {
    ...CLEAN,
    name: "over a backing file",
    workload: { ...SUB_CLUSTER, backing: patternBytes(77, 0, 3 * CLUSTER + 1024) },
  },
  { ...CLEAN, name: "in the rfc layout", workload: { ...SUB_CLUSTER, layout: "rfc" } },
];

const LARGE_CLUSTER = 2 ** 16;

/** Discards a cluster full of data in pieces of 4 KiB. Returns the piece that freed it. */
function discardInPieces(): { freedAfter: number; pieces: number; reads: number } {
  const file = new MemoryStorage();
  let reads = 0;
  const counted = {
    perform(request: Request) {
      if (request.kind === "read" && request.label === "data") reads++;
      return file.perform(request);
    },
  };
  return runSync(
    (function* (): Operation<{ freedAfter: number; pieces: number; reads: number }> {
      yield* createImage({ imageBytes: 2 ** 20 });
      const image = yield* openImage({ writable: true });
      // All but the first 4 KiB: the last 15 of 16 pieces.
      yield* writeImage(image, 0, new Uint8Array(4096).fill(1));
      let freedAfter = -1;
      const pieces = LARGE_CLUSTER / 4096;
      for (let i = 0; i < pieces && freedAfter < 0; i++) {
        yield* discardImage(image, (pieces - 1 - i) * 4096, 4096);
        if ((yield* checkImage(image)).allocatedClusters === 0) freedAfter = i + 1;
      }
      return { freedAfter, pieces, reads };
    })(),
    [counted],
  );
}

/** Claim 24. */
export const SUB_CLUSTER_TRIM: ExploredScenario = {
  name: "sub-cluster-trim",
  claim: 24,
  mail: "Avi Kivity, 10 September 2010 11:43",
  statement: "A TRIM of a part of a cluster reads the rest, and frees the cluster if it is zero.",
  cases: CASES,
  demonstrations: [{
    name: "a cluster of 64 KiB with data in its first 4 KiB, discarded backwards in 16 pieces",
    run() {
      const { freedAfter, pieces, reads } = discardInPieces();
      return {
        holds: freedAfter === pieces,
        figures: [`free after piece ${freedAfter}; ${reads} reads of the rest of the cluster`],
      };
    },
  }],
};

if (import.meta.main) Deno.exitCode = await runAsScript(SUB_CLUSTER_TRIM);
