import { BLOCKS, SECTORS, WRITES } from "../harness/mod.ts";
import { resizeImage, STRICT, writeImage } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import {
  CLOSE,
  FLUSH,
  operate,
  patternBytes,
  type Request,
  type Workload,
  write,
  zero,
} from "./qed/workload.ts";

/** The disk comes to end in the middle of a cluster. */
const SMALL = PER_L2_TABLE + 3 * CLUSTER + 1024;
/** The end of what is allocated, and of the backing file. */
const END = PER_L2_TABLE + 6 * CLUSTER;

function resize(imageBytes: number, givesUpBytes = 0): Request {
  return operate((image) => resizeImage(image, imageBytes, { shrink: true }), { givesUpBytes });
}

/** Allocate clusters and leave zeroes in them, as there were before. */
function allocate(offsetBytes: number, lengthBytes: number): Request {
  return operate((image) => writeImage(image, offsetBytes, new Uint8Array(lengthBytes)));
}

const COMMON = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  shrunkBytes: SMALL,
  prepared: [write(0, CLUSTER), write(SMALL - 512, 512)],
};
/** Clusters of zeroes are given up, in one L2 table some and in another one all, and it grows. */
const SHRUNK: Workload = {
  ...COMMON,
  steps: [
    allocate(PER_L2_TABLE + 4 * CLUSTER, 2 * CLUSTER),
    allocate(3 * PER_L2_TABLE, CLUSTER),
    write(CLUSTER, 512),
    resize(SMALL, 4 * CLUSTER),
    write(2 * CLUSTER, 512),
    resize(DISK),
    write(SMALL + 1024, 512),
    write(PER_L2_TABLE + 5 * CLUSTER + 512, 512),
    FLUSH,
    CLOSE,
  ],
};
/** What the guest had zeroed over a backing file stays hidden. */
export const SHRUNK_OVER_BACKING: Workload = {
  ...COMMON,
  backing: patternBytes(7, 0, END),
  steps: [
    zero(SMALL, END - SMALL),
    FLUSH,
    resize(SMALL, CLUSTER),
    write(CLUSTER, 512),
    resize(DISK),
    write(PER_L2_TABLE + 5 * CLUSTER + 512, 512),
    FLUSH,
    CLOSE,
  ],
};

function cases(name: string, workload: Workload): Case[] {
  return [SECTORS, WRITES, BLOCKS].map((preset) => ({
    name,
    profile: STRICT,
    preset,
    workload,
    postRecoveryWrites: [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }],
    expected: "clean",
  }));
}

/** Not a claim of the thread. */
export const SHRINK: ExploredScenario = {
  name: "shrink",
  mail: "resizeImage",
  statement: "A disk that shrinks keeps its contents as far as it goes; grown again it has zeroes.",
  cases: [...cases("without a backing file", SHRUNK), ...cases("over one", SHRUNK_OVER_BACKING)],
};

if (import.meta.main) Deno.exitCode = await runAsScript(SHRINK);
