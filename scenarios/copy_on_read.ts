import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { populateImage, type QedImage, readImage, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { skipFlushes } from "./qed/mutants/request_filters.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { CLOSE, discard, FLUSH, operate, type Workload, write } from "./qed/workload.ts";
import { EAGER } from "./trim_reuse.ts";

/** Data, a hole of zeroes in its middle, and an end inside a cluster of the second L2 table. */
function backing(): Uint8Array {
  const bytes = patternBytes(77, 0, PER_L2_TABLE + CLUSTER + 1024);
  bytes.fill(0, 4 * CLUSTER, PER_L2_TABLE - CLUSTER);
  return bytes;
}

/** The effects of a read on an image that copies on read. */
function reads(offsetBytes: number, lengthBytes: number) {
  return operate(function* (image: QedImage) {
    image.copiesOnRead = true;
    yield* readImage(image, offsetBytes, new Uint8Array(lengthBytes));
  }, { copies: { offsetBytes, lengthBytes } });
}

/** Copies a range. */
function populates(offsetBytes: number, lengthBytes: number) {
  return operate(
    (image) => populateImage(image, offsetBytes, lengthBytes),
    { copies: { offsetBytes, lengthBytes } },
  );
}

/** Reads copy clusters; then a range is copied near clusters that the guest wrote and discarded. */
export const COPIED: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  backing: backing(),
  prepared: [write(CLUSTER + 512, 512)],
  steps: [
    reads(0, 2 * CLUSTER + 512),
    write(2 * CLUSTER, 512),
    FLUSH,
    discard(0, CLUSTER),
    populates(3 * CLUSTER, 4 * CLUSTER),
    populates(PER_L2_TABLE - 2 * CLUSTER, 6 * CLUSTER),
    write(PER_L2_TABLE + CLUSTER + 512, 512),
    CLOSE,
  ],
};
const COMMON = {
  name: "clusters copied from the backing file",
  profile: STRICT,
  workload: COPIED,
  postRecoveryWrites: [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }],
};

/** Claim 26, the part that concerns one image. */
export const COPY_ON_READ: ExploredScenario = {
  name: "copy-on-read",
  claim: 26,
  mail: "Anthony Liguori, 9 September 2010 12:49",
  statement: "Copying from the backing file while the guest runs never changes the guest's data.",
  cases: [
    ...[SECTORS, WRITES, BLOCKS].map((preset) => ({
      ...COMMON,
      preset,
      expected: "clean" as const,
    })),
    { ...COMMON, profile: EAGER, preset: SECTORS, expected: "clean" },
    {
      ...COMMON,
      name: "in the rfc layout",
      workload: { ...COPIED, layout: "rfc" },
      preset: SECTORS,
      expected: "clean",
    },
    {
      ...COMMON,
      name: "without the flush between data and L2 entry",
      preset: SECTORS,
      filters: [skipFlushes("data before L2 entry")],
      expected: ["wrong-data"],
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(COPY_ON_READ);
