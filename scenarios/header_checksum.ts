import { neighbourCorruption, ORDERED, SECTORS, TORN_SECTOR } from "../harness/advanced.ts";
import { STRICT } from "../lib/mod.ts";
import { RENAMED } from "./rebase_header.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { ExploredScenario } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { CLOSE, type Workload, write } from "./qed/workload.ts";
import { UPGRADED } from "./upgrade_layout.ts";

/** NEED_CHECK is set, and cleared again: one field of 8 bytes, twice. */
const MARKED: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, CLUSTER)],
  steps: [write(3 * CLUSTER, 512), CLOSE],
};
const COMMON = {
  profile: STRICT,
  postRecoveryWrites: [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }],
};
const FLAG = { ...COMMON, name: "NEED_CHECK set and cleared", workload: MARKED };
const NAME = { ...COMMON, name: "another backing file", workload: RENAMED };
const LAYOUT = { ...COMMON, name: "another layout", workload: UPGRADED };

/** Claim 8. */
export const HEADER_CHECKSUM: ExploredScenario = {
  name: "header-checksum",
  claim: 8,
  mail: "Avi Kivity, 7 September 2010 14:51",
  statement: "A header needs a checksum, because a crash can interrupt a header write.",
  cases: [
    // It needs none where a sector arrives as a whole ...
    ...[FLAG, NAME, LAYOUT].flatMap((each) =>
      [SECTORS, ORDERED].map((preset) => ({ ...each, preset, expected: "clean" as const }))
    ),
    // ... or for a flag in a torn sector; it needs one for several fields that belong together.
    { ...FLAG, preset: TORN_SECTOR, expected: "clean" },
    { ...NAME, preset: TORN_SECTOR, expected: ["cannot-open"] },
    { ...LAYOUT, preset: TORN_SECTOR, expected: ["cannot-open", "wrong-data"] },
    // The driver refuses most corrupted headers; a checksum could not restore them.
    { ...FLAG, preset: neighbourCorruption(512), expected: ["cannot-open"] },
    { ...NAME, preset: neighbourCorruption(512), expected: ["cannot-open"] },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(HEADER_CHECKSUM);
