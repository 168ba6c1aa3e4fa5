import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { resizeImage, STRICT, writeImage } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { CLOSE, FLUSH, operate, type Request, type Workload, write, zero } from "./qed/workload.ts";

/** The disk ends in the middle of a cluster after the shrink. */
const SMALL = PER_L2_TABLE + 3 * CLUSTER + 1024;
/** The end of what is allocated, and of the backing file. */
const END = PER_L2_TABLE + 6 * CLUSTER;

function resize(imageBytes: number, givesUpBytes = 0): Request {
  return operate((image) => resizeImage(image, imageBytes, { shrink: true }), { givesUpBytes });
}

/** Allocates clusters that hold zeroes. */
function allocate(offsetBytes: number, lengthBytes: number): Request {
  return operate((image) => writeImage(image, offsetBytes, new Uint8Array(lengthBytes)));
}

const COMMON = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  shrunkBytes: SMALL,
  prepared: [write(0, CLUSTER), write(SMALL - 512, 512)],
};
/** The disk loses clusters of zeroes, some of one L2 table and all of another, and grows again. */
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
/** Ranges that the guest zeroed over a backing file stay zero. */
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

/** A promise of this implementation. */
export const SHRINK: ExploredScenario = {
  name: "shrink",
  mail: "resizeImage",
  statement:
    "A disk that shrinks keeps its contents up to the new size, and shows zeroes if it grows again.",
  cases: [...cases("without a backing file", SHRUNK), ...cases("over one", SHRUNK_OVER_BACKING)],
};

if (import.meta.main) Deno.exitCode = await runAsScript(SHRINK);
