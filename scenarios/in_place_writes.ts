import { SECTORS, WRITES } from "../harness/advanced.ts";
import { QEMU, RFC, STRICT } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import { type Case, type ExploredScenario, setUp } from "./qed/scenario.ts";
import { CLUSTER, DISK } from "./qed/sizes.ts";
import { FLUSH, type Workload, write } from "./qed/workload.ts";

const WORKLOAD: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  prepared: [write(0, 3 * CLUSTER)],
  steps: [
    write(512, 1024),
    write(CLUSTER + 100, 700),
    FLUSH,
    write(512, 512),
    write(2 * CLUSTER - 300, 600),
  ],
};
const POST_RECOVERY_WRITES = [{ offsetBytes: 5 * CLUSTER, lengthBytes: 512 }];

const CASES: readonly Case[] = [
  { profile: STRICT, preset: SECTORS },
  { profile: STRICT, preset: WRITES },
  { profile: QEMU, preset: SECTORS },
  { profile: RFC, preset: SECTORS },
].map((each) => ({
  ...each,
  name: "overwrites of allocated clusters",
  workload: WORKLOAD,
  postRecoveryWrites: POST_RECOVERY_WRITES,
  expected: "clean",
}));

/** Claim 1. */
export const IN_PLACE_WRITES: ExploredScenario = {
  name: "in-place-writes",
  claim: 1,
  mail: "Stefan Hajnoczi, 8 September 2010 11:15",
  statement: "In-place writes never harm metadata; the guest must handle a torn write.",
  cases: CASES,
  demonstrations: [{
    name: "the driver writes data only",
    run() {
      const results = CASES.filter((each) => each.preset === SECTORS).map((each) => {
        const labels = setUp(each).log.events.flatMap((event) =>
          event.kind === "write-issued" ? [event.label] : []
        );
        return { profile: each.profile.name, count: labels.length, labels: new Set(labels) };
      });
      return {
        holds: results.every(({ labels }) => labels.size === 1 && labels.has("data")),
        figures: results.map(({ profile, count, labels }) =>
          `${profile}: ${count} writes, all labelled ${[...labels].join(", ")}`
        ),
      };
    },
  }],
};

if (import.meta.main) Deno.exitCode = await runAsScript(IN_PLACE_WRITES);
