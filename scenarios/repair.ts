import { BLOCKS, SECTORS, WRITES } from "../harness/advanced.ts";
import { FEATURE, repairImage, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { CLOSE, discard, FLUSH, operate, type Workload, write } from "./qed/workload.ts";

const FEATURES_OFFSET = 16;

/** An entry past the end, one that shares a cluster, one in the L1 table, and NEED_CHECK. */
function damage(file: Uint8Array): void {
  const view = new DataView(file.buffer);
  const entry = (tableBytes: number, index: number) =>
    Number(view.getBigUint64(tableBytes + 8 * index, true));
  const setEntry = (tableBytes: number, index: number, value: number) =>
    view.setBigUint64(tableBytes + 8 * index, BigInt(value), true);
  const tables = [entry(CLUSTER, 0), entry(CLUSTER, 1)];
  setEntry(tables[0], 3, file.length);
  setEntry(tables[1], 70, entry(tables[0], 0));
  setEntry(CLUSTER, 7, tables[1]);
  view.setBigUint64(FEATURES_OFFSET, FEATURE.NEED_CHECK, true);
}

/** Opening the image repairs it; then the guest writes where the bad entries were. */
export const REPAIRED: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, CLUSTER), write(PER_L2_TABLE, CLUSTER)],
  damage,
  steps: [write(3 * CLUSTER, 512), write(PER_L2_TABLE + 70 * CLUSTER, 512), FLUSH, CLOSE],
};
/** The same with leaked clusters and half a cluster at the end, which the repair frees. */
const REPAIRED_ALL: Workload = {
  ...REPAIRED,
  tornTailBytes: 2 * CLUSTER + 700,
  opensUnrepaired: true,
  steps: [
    operate((image) => repairImage(image, { corruptions: true, leaks: true })),
    ...REPAIRED.steps,
  ],
};
/** Discards clusters; then a table and a cluster move into the hole, and the file shrinks. */
export const RECLAIMED: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, 2 * CLUSTER), write(PER_L2_TABLE, CLUSTER)],
  steps: [
    discard(0, 2 * CLUSTER),
    operate((image) => repairImage(image, { corruptions: false, leaks: true })),
    write(PER_L2_TABLE + 512, 512),
    write(5 * CLUSTER, 512),
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
    postRecoveryWrites: [
      { offsetBytes: 100 * CLUSTER, lengthBytes: 512 },
      { offsetBytes: 5 * PER_L2_TABLE, lengthBytes: 512 },
    ],
    expected: "clean",
  }));
}

/** A promise of this implementation. The log is that of a recovery, so a crash in it is the second. */
export const REPAIR: ExploredScenario = {
  name: "repair",
  mail: "repairImage",
  statement: "A repair that a crash interrupts can run again, and no data is lost.",
  cases: [
    ...cases("at the next opening", REPAIRED),
    ...cases("with leaked clusters at the end", REPAIRED_ALL),
    ...cases("clusters moved into a hole", RECLAIMED),
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(REPAIR);
