/** The promise of `strict`: no crash state of these workloads has a violation. */
import { assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import {
  type Exploration,
  exploreLazily,
  type Preset,
  SECTORS,
  SURVIVABLE_PRESETS,
  violationKey,
} from "../../harness/advanced.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { type OrderingProfile, STRICT } from "../../lib/mod.ts";
import { workloads } from "./random_workload_testing.ts";
import { memoryBacking, qedTarget } from "../qed/qed_target.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "../qed/sizes.ts";
import { record } from "../qed/record.ts";
import { CLOSE, FLUSH, REOPEN, type Workload, write } from "../qed/workload.ts";
import { exploreWorkload, UNWRITTEN, WORKLOAD_NAMES } from "../qed/mutants/workloads.ts";
import { EAGER } from "../trim_reuse.ts";

/** Random workloads for each seed. */
const RANDOM_RUNS = sized({ short: 100, long: 400 });

function explore(workload: Workload, preset: Preset, profile: OrderingProfile = STRICT) {
  const { backing, clusterBytes } = workload;
  const target = qedTarget({
    profile,
    clusterBytes,
    ...(backing && { backing: memoryBacking(backing) }),
    postRecoveryWrites: UNWRITTEN,
  });
  const log = record(workload, { profile });
  return exploreLazily(log, target, preset, { guestBytes: workload.imageBytes });
}

/** Ten allocations in three L2 tables, a flush, and ten more. */
const TWENTY_ALLOCATIONS: Workload = {
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  steps: [
    ...Array.from({ length: 10 }, (_, i) => write((i % 3) * PER_L2_TABLE + i * CLUSTER, CLUSTER)),
    FLUSH,
    ...Array.from(
      { length: 10 },
      (_, i) => write((i % 3) * PER_L2_TABLE + (i + 20) * CLUSTER, CLUSTER),
    ),
  ],
};

/** Tables of two clusters, and clusters of 8 KiB. */
const WIDE_TABLES: Workload = {
  clusterBytes: 2 * CLUSTER,
  tableClusters: 2,
  imageBytes: 4 * DISK,
  prepared: [write(0, 512)],
  steps: [
    write(3 * CLUSTER - 100, 4 * CLUSTER),
    FLUSH,
    write(2048 * 2 * CLUSTER - 1000, 2000),
    REOPEN,
    write(9 * CLUSTER, 512),
    CLOSE,
  ],
};

/**
 * Operations that change several header fields write them in one sector, without a checksum that
 * would show a torn one: see the scenario header-checksum.
 */
const TORN_HEADERS: readonly string[] = ["backing file renamed", "layout upgraded"];

const EXPLORATIONS: Readonly<Record<string, (preset: Preset) => Exploration>> = {
  ...Object.fromEntries(
    WORKLOAD_NAMES.map((name) => [
      name,
      (preset: Preset) => exploreWorkload(name, preset, { profile: STRICT }),
    ]),
  ),
  "twenty allocations": (preset) => explore(TWENTY_ALLOCATIONS, preset),
  "wide tables": (preset) => explore(WIDE_TABLES, preset),
};

for (const [name, exploreUnder] of Object.entries(EXPLORATIONS)) {
  Deno.test(`strict survives every crash state: ${name}`, () => {
    const sizes = SURVIVABLE_PRESETS.map((preset) => {
      const { violations, states, coverage } = exploreUnder(preset);
      if (preset.tears && TORN_HEADERS.includes(name)) assertGreater(violations.length, 0);
      else assertEquals(violations.map(violationKey), [], preset.name);
      assertEquals(coverage, "exhaustive");
      assertGreater(states.log2, 3);
      return `2^${states.log2.toFixed(1)} (${preset.name})`;
    });
    console.log(`states covered: ${sizes.join(", ")}`);
  });
}

const RANDOM_CASE = fc.record({
  profile: fc.constantFrom(STRICT, EAGER, EAGER),
  preset: fc.constantFrom(...SURVIVABLE_PRESETS, SECTORS),
  workload: workloads({ maxSteps: 7, unaligned: true }),
});

seededTest("strict survives every crash state of random guests", (seed) => {
  fc.assert(
    fc.property(RANDOM_CASE, ({ workload, preset, profile }) => {
      assertEquals(explore(workload, preset, profile).violations, []);
    }),
    { seed, numRuns: RANDOM_RUNS },
  );
});
