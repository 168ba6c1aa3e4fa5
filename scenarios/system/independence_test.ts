/** Searching independent parts apart finds the same as every combination: QED, its profiles, mutants. */
import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertLess } from "@std/assert";
import fc from "fast-check";
import {
  BLOCKS,
  type Exploration,
  exploreLazily,
  type Preset,
  SECTORS,
  TORN_SECTOR,
  violationKey,
} from "../../harness/advanced.ts";
import { FormatError, ImageError, QEMU, RFC, STRICT } from "../../lib/mod.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import type { Mutant } from "../qed/mutants/mutant.ts";
import { MUTANTS } from "../qed/mutants/mutants.ts";
import { memoryBacking, qedTarget } from "../qed/qed_target.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "../qed/sizes.ts";
import { patternBytes } from "../qed/pattern_bytes.ts";
import { record } from "../qed/record.ts";
import { discard, FLUSH, REOPEN, type Step, type Workload, write, zero } from "../qed/workload.ts";
import { UNWRITTEN } from "../qed/mutants/workloads.ts";

/** Cases for each seed, and how many of them must count. */
const RUNS = sized({ short: 60, long: 240 });
const MIN_USED = sized({ short: 6, long: 75 });
const MIN_ADDED = sized({ short: 1, long: 30 });
const MIN_FAILING = sized({ short: 1, long: 15 });
/** The test skips a case that takes plain search more recoveries. */
const MAX_RECOVERIES = sized({ short: 700, long: 4000 });

/** The entries of one L2 sector map this many clusters. */
const SECTOR_CLUSTERS = 64;
const PLACES = fc.record({
  table: fc.nat(1),
  sector: fc.nat(4),
  cluster: fc.nat(2),
}).map(({ table, sector, cluster }) =>
  table * PER_L2_TABLE + (sector * SECTOR_CLUSTERS + cluster) * CLUSTER
);
const STEPS = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(PLACES, fc.constantFrom(512, CLUSTER, 2 * CLUSTER))
      .map(([place, length]): Step => write(place, length)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(zero, discard), PLACES, fc.constantFrom(CLUSTER, 512))
      .map(([unmap, place, length]): Step => unmap(place, length)),
  },
  { weight: 1, arbitrary: fc.constantFrom(FLUSH, REOPEN) },
);
const WORKLOAD: fc.Arbitrary<Workload> = fc.record({
  prepared: fc.array(PLACES.map((place): Step => write(place, CLUSTER)), { maxLength: 4 }),
  steps: fc.array(STEPS, { minLength: 2, maxLength: 7 }),
  hasBacking: fc.nat(4).map((n) => n === 0),
}).map(({ hasBacking, ...rest }) => ({
  ...rest,
  clusterBytes: CLUSTER,
  imageBytes: DISK,
  ...(hasBacking && { backing: patternBytes(7, 0, 3 * CLUSTER) }),
}));
const MUTANT = fc.oneof(
  fc.constantFrom<Mutant>(...[STRICT, QEMU, RFC].map((profile) => ({ name: "none", profile }))),
  fc.constantFrom<Mutant>(...MUTANTS),
);

/** The results of both searches; undefined if plain search takes too long or the driver refuses. */
function bothWays(
  workload: Workload,
  { profile = STRICT, filter }: Mutant,
  preset: Preset,
): { added: Exploration; plain: Exploration } | undefined {
  const { backing } = workload;
  const target = qedTarget({
    profile,
    clusterBytes: CLUSTER,
    postRecoveryWrites: UNWRITTEN,
    ...(backing && { backing: memoryBacking(backing) }),
  });
  const tooLong = new Error("too long");
  const onProgress = (_done: number, _total: number, recoveries: number) => {
    if (recoveries > MAX_RECOVERIES) throw tooLong;
  };
  try {
    const log = record(workload, { profile, ...(filter && { filters: [filter()] }) });
    const options = { guestBytes: DISK, onProgress };
    const plain = exploreLazily(log, target, preset, { ...options, independent: false });
    return { plain, added: exploreLazily(log, target, preset, options) };
  } catch (error) {
    const isRefused = error instanceof FormatError || error instanceof ImageError;
    if (isRefused || error === tooLong) return undefined;
    throw error;
  }
}

seededTest("independent search finds the same as plain search", (seed) => {
  const count = { used: 0, added: 0, failing: 0 };
  const presets = fc.constantFrom(SECTORS, SECTORS, SECTORS, BLOCKS, TORN_SECTOR);
  fc.assert(
    fc.property(WORKLOAD, MUTANT, presets, (workload, mutant, preset) => {
      const found = bothWays(workload, mutant, preset);
      if (!found) return;
      const { plain, added } = found;
      const keys = ({ violations }: Exploration) => violations.map(violationKey).sort();
      assertEquals(keys(added), keys(plain));
      assertEquals(added.states, plain.states);
      count.used++;
      if (added.recoveries < plain.recoveries) count.added++;
      if (plain.verdict === "violation") count.failing++;
    }),
    { seed, numRuns: RUNS },
  );
  assertGreaterOrEqual(count.used, MIN_USED, "cases used");
  assertGreaterOrEqual(count.added, MIN_ADDED, "cases with less work");
  assertGreaterOrEqual(count.failing, MIN_FAILING, "cases that fail");
});

/** Twenty allocating writes of 3 KiB, each to a sector of an L2 table of its own. */
const TWENTY: Workload = {
  clusterBytes: CLUSTER,
  tableClusters: 2,
  imageBytes: 4 * DISK,
  prepared: [0, 1].map((table) => write(2 * table * PER_L2_TABLE, CLUSTER)),
  steps: Array.from({ length: 20 }, (_, i) => {
    const table = 2 * (i % 2) * PER_L2_TABLE;
    return write(table + (SECTOR_CLUSTERS * Math.floor(i / 2) + 1) * CLUSTER, 3072);
  }),
};

function exploreTwenty(filter: Mutant["filter"]): Exploration {
  const log = record(TWENTY, { profile: STRICT, ...(filter && { filters: [filter()] }) });
  const target = qedTarget({
    profile: STRICT,
    clusterBytes: CLUSTER,
    postRecoveryWrites: UNWRITTEN,
  });
  return exploreLazily(log, target, SECTORS, { guestBytes: 4 * DISK });
}

Deno.test("twenty L2 sectors in one epoch are explored exhaustively, in a thousand recoveries", () => {
  const { states, recoveries, verdict, coverage } = exploreTwenty(undefined);
  assertEquals([verdict, coverage], ["clean", "exhaustive"]);
  assertGreater(states.log2, 144);
  assertLess(recoveries, 1000);
});

Deno.test("a mutant is detected among twenty L2 sectors", () => {
  const mutant = MUTANTS.find(({ name }) => name === "NEED_CHECK never set");
  const { violations } = exploreTwenty(mutant?.filter);
  assert(violations.some(({ kind }) => kind === "inconsistent"));
});
