import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { changeBacking, STRICT } from "../lib/mod.ts";
import { memoryBacking } from "./qed/qed_target.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { BACKING_NAME } from "./qed/prepared_file.ts";
import { FLUSH, operate, type Request, type Workload, write } from "./qed/workload.ts";

/** Names that fit the first sector; that take two more sectors; that do, with no byte in common. */
const SHORT = "elsewhere/base.raw";
const LONG = "l".repeat(1000);
const OTHER_LONG = "o".repeat(900);
const BACKING = patternBytes(7, 0, 4 * CLUSTER);

/** Changes the name of the backing file, or removes it; attaches the new file at once. */
function rename(name: string | undefined): Request {
  return operate(function* (image) {
    yield* changeBacking(image, name === undefined ? undefined : { name, isRaw: true });
    if (name !== undefined) image.backing = memoryBacking(BACKING).source;
  });
}

const COMMON = { clusterBytes: CLUSTER, imageBytes: DISK, backing: BACKING };
/** Changes the name back and forth, with writes in between that need the backing file. */
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
/** The image holds all data of the backing file, so it can be detached. */
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

/** A promise of this implementation. */
export const REBASE_HEADER: ExploredScenario = {
  name: "rebase-header",
  mail: "changeBacking",
  statement:
    "An image whose backing file changes names the old one or the new one, never a mixture.",
  cases: [
    ...cases("short and long names", RENAMED),
    ...cases("short and long names in the rfc layout", { ...RENAMED, layout: "rfc" }),
    ...cases("no backing file any more", FREED),
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(REBASE_HEADER);
