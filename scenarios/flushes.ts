import { PROFILES } from "../lib/mod.ts";
import { allocationCosts } from "./qed/allocation_costs.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { DemonstratedScenario } from "./qed/scenario.ts";

const GIB = 2 ** 30;
/** Bytes that one L2 table maps, at default sizes. */
const TABLE_BYTES = 2 * GIB;
const CLUSTER_BYTES = 65_536;

/** Fills an image under each profile. */
function fill(diskBytes: number, hasBacking: boolean) {
  return Object.values(PROFILES).map((profile) => ({
    profile,
    ...allocationCosts({ diskBytes, profile, hasBacking }),
  }));
}

function describe(each: { profile: { name: string }; flushes: number }, diskBytes: number): string {
  return `${each.profile.name}: ${each.flushes} flushes for ${diskBytes / GIB} GiB, ` +
    `${each.flushes * GIB / diskBytes} per GiB`;
}

/** Claim 16. */
export const FLUSHES: DemonstratedScenario = {
  name: "flushes",
  claim: 16,
  mail: "Anthony Liguori, 7 September 2010 22:27",
  statement:
    "Writing needs a flush only where it allocates an L2 table: one per 2 GB, not per 64 KB.",
  demonstrations: [
    {
      name: "4 GiB into an empty image",
      run() {
        const diskBytes = 4 * GIB;
        const costs = fill(diskBytes, false);
        return {
          // One more where the first allocation must make NEED_CHECK durable.
          holds: costs.every(({ flushes, profile }) =>
            flushes === diskBytes / TABLE_BYTES + (profile.needCheck === "flushed" ? 1 : 0)
          ),
          figures: costs.map((each) => describe(each, diskBytes)),
        };
      },
    },
    {
      name: "with a backing file: one for each cluster (claim 9)",
      run() {
        const diskBytes = GIB / 4;
        const costs = fill(diskBytes, true);
        return {
          holds: costs.every(({ flushes, profile }) =>
            flushes === 1 + (profile.flushesDataForBacking ? diskBytes / CLUSTER_BYTES : 0)
          ),
          figures: costs.map((each) => describe(each, diskBytes)),
        };
      },
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(FLUSHES);
