import { BLOCKS, SECTORS, WRITES } from "../harness/mod.ts";
import { changeBacking, STRICT } from "../lib/mod.ts";
import { memoryBacking } from "./qed/qed_target.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import {
  BACKING_NAME,
  FLUSH,
  operate,
  patternBytes,
  type Request,
  type Workload,
  write,
} from "./qed/workload.ts";

/** Fits the first sector; takes two sectors behind it; does too, and no byte is the same. */
const SHORT = "elsewhere/base.raw";
const LONG = "l".repeat(1000);
const OTHER_LONG = "o".repeat(900);
const BACKING = patternBytes(7, 0, 4 * CLUSTER);

/** Another name for the same contents, or none; the new file is attached at once. */
function rename(name: string | undefined): Request {
  return operate(function* (image) {
    yield* changeBacking(image, name === undefined ? undefined : { name, isRaw: true });
    if (name !== undefined) image.backing = memoryBacking(BACKING).source;
  });
}

const COMMON = { clusterBytes: CLUSTER, imageBytes: DISK, backing: BACKING };
/** There and back again, with writes that need the backing file between them. */
export const RENAMED: Workload = {
  ...COMMON,
  backingNames: [BACKING_NAME, SHORT, LONG, OTHER_LONG],
  prepared: [write(512, 512)],
  steps: [
    write(CLUSTER + 512, 512),
    rename(LONG),
    write(2 * CLUSTER + 512, 512),
    rename(OTHER_LONG),
    FLUSH,
    rename(SHORT),
    write(3 * CLUSTER + 512, 512),
    rename(LONG),
  ],
};
/** All that the backing file holds is in the image as well, so it can go. */
const FREED: Workload = {
  ...COMMON,
  backingNames: [BACKING_NAME, undefined],
  prepared: [write(0, 3 * CLUSTER)],
  steps: [write(3 * CLUSTER, CLUSTER), rename(undefined), write(5 * CLUSTER, 512), FLUSH],
};
const POST_RECOVERY_WRITES = [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }];

function cases(name: string, workload: Workload): Case[] {
  return [SECTORS, WRITES, BLOCKS].map((preset) => ({
    name,
    profile: STRICT,
    preset,
    workload,
    postRecoveryWrites: POST_RECOVERY_WRITES,
    expected: "clean",
  }));
}

/** Not a claim of the thread. */
export const REBASE_HEADER: ExploredScenario = {
  name: "rebase-header",
  mail: "changeBacking",
  statement: "An image whose backing file changes has the old one or, whole, the new one.",
  cases: [
    ...cases("short and long names", RENAMED),
    ...cases("short and long names in the rfc layout", { ...RENAMED, layout: "rfc" }),
    ...cases("no backing file any more", FREED),
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(REBASE_HEADER);
