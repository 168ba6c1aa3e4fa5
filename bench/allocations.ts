import { PROFILES } from "../lib/mod.ts";
import { allocationCosts } from "../scenarios/qed/allocation_costs.ts";
import { thousands } from "./measure.ts";
import type { BenchOptions, Report } from "./report.ts";

/** The name the measurement is asked for by. */
export const name = "allocations";

const MIB = 2 ** 20;
const GIB = 1024 * MIB;

/**
 * Writes and flushes for each GiB written to an empty image, a cluster at a time, by profile, with
 * and without a backing file. Liguori (7 September 2010 22:27): a flush is needed only where a new
 * L2 table is allocated, one per 2 GB and not per 64 KB.
 */
export function run({ isQuick }: BenchOptions): Promise<Report> {
  const diskBytes = (isQuick ? 1 : 4) * GIB;
  const outcomes = Object.values(PROFILES).flatMap((profile) =>
    [false, true].map((hasBacking) => ({
      what: `${profile.name}${hasBacking ? ", with a backing file" : ""}`,
      costs: allocationCosts({ diskBytes, profile, hasBacking }),
    }))
  );
  const perGiB = (figure: number) => figure * GIB / diskBytes;
  const rows = outcomes.map(({ what, costs }) => [
    what,
    thousands(perGiB(costs.writes)),
    thousands(perGiB(costs.metadataWrites)),
    perGiB(costs.flushes).toFixed(2),
  ]);
  const figures = outcomes.flatMap(({ what, costs }) => [
    [`${what}: metadata writes a GiB`, perGiB(costs.metadataWrites)],
    [`${what}: flushes a GiB`, perGiB(costs.flushes)],
  ]);
  return Promise.resolve({
    tables: [[
      [`${diskBytes / GIB} GiB, 64 KiB a time`, "writes/GiB", "of metadata", "flushes/GiB"],
      ...rows,
    ]],
    notes: [
      "one flush for each new L2 table would be 0.50; one for each cluster 16 384",
      "counted, not timed: the same in every run",
    ],
    figures: Object.fromEntries(figures),
  });
}
