/** Crashes during recovery, on QED: an interrupted repair can run again. */
import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { assertEnginesAgree, bruteStates, keysOf } from "../../harness/testing/engine_agreement.ts";
import {
  exploreLazily,
  SECTORS,
  SpaceTooLargeError,
  SURVIVABLE_PRESETS,
  type Target,
  violationKey,
} from "../../harness/advanced.ts";
import { type Filter, filtered, type QedImage, STRICT } from "../../lib/mod.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import {
  anyOf,
  delay,
  flushes,
  headerWrites,
  omit,
  writes,
} from "../qed/mutants/request_filters.ts";
import { workloads } from "./random_workload_testing.ts";
import { memoryBacking, qedTarget } from "../qed/qed_target.ts";
import { DISK } from "../qed/sizes.ts";
import { record } from "../qed/record.ts";
import type { Workload } from "../qed/workload.ts";
import { UNWRITTEN, WORKLOADS } from "../qed/mutants/workloads.ts";

const RUNS = sized({ short: 25, long: 150 });
/** Brute force visits at most this many states of one case, with second crashes. */
const MAX_STATES = 3000;
const MIN_COMPARED = sized({ short: 1, long: 10 });

function targetOf({ backing, clusterBytes }: Workload, filter?: () => Filter): Target<QedImage> {
  const target = qedTarget({
    profile: STRICT,
    clusterBytes,
    postRecoveryWrites: UNWRITTEN,
    ...(backing && { backing: memoryBacking(backing) }),
  });
  return filter ? { ...target, recover: () => filtered(target.recover(), filter()) } : target;
}

const RANDOM = fc.record({
  preset: fc.constantFrom(...SURVIVABLE_PRESETS, SECTORS),
  workload: workloads({ maxSteps: 5, unaligned: true }),
  depth: fc.constantFrom(2, 3),
});

seededTest("strict survives crashes during recovery, after random guests", (seed) => {
  fc.assert(
    fc.property(RANDOM, ({ workload, preset, depth }) => {
      const log = record(workload, { profile: STRICT });
      const options = { guestBytes: DISK, depth };
      assertEquals(exploreLazily(log, targetOf(workload), preset, options).violations, []);
    }),
    { seed, numRuns: RUNS },
  );
});

seededTest("a second crash: lazy equals brute on QED", (seed) => {
  let compared = 0;
  fc.assert(
    fc.property(workloads({ maxSteps: 2, unaligned: true }), (workload) => {
      const log = record(workload, { profile: STRICT });
      if (bruteStates(log, SECTORS) > 300n) return;
      const target = targetOf(workload, omit(REPAIR_FLUSHES));
      const each = { log, target, preset: SECTORS, guestBytes: DISK, depth: 2 };
      try {
        assertEnginesAgree({ ...each, maxStates: MAX_STATES });
        compared++;
      } catch (error) {
        if (!(error instanceof SpaceTooLargeError)) throw error;
      }
    }),
    { seed, numRuns: RUNS },
  );
  assertGreaterOrEqual(compared, MIN_COMPARED, "cases compared");
});

const REPAIR_FLUSHES = anyOf(flushes("repaired tables"), flushes("before clearing NEED_CHECK"));
/** Mutants of the repair that only an interrupted repair shows. */
const MUTANTS: Readonly<Record<string, () => Filter>> = {
  "no flush between repaired tables and the cleared mark": omit(REPAIR_FLUSHES),
  "the mark cleared before the tables are repaired": delay(
    anyOf(writes("l2-table"), REPAIR_FLUSHES),
    headerWrites("cleared"),
  ),
};

for (const [name, filter] of Object.entries(MUTANTS)) {
  Deno.test(`a mutant of the recovery that only a second crash detects: ${name}`, () => {
    const workload: Workload = WORKLOADS["later allocations"];
    const log = record(workload, { profile: STRICT });
    const target = targetOf(workload, filter);
    const explore = (depth: number) =>
      exploreLazily(log, target, SECTORS, { guestBytes: DISK, depth });
    assertEquals(explore(1).violations.map(violationKey), []);
    const { violations, recoveries } = explore(2);
    assert(keysOf(explore(2)).some((key) => key.startsWith("inconsistent")));
    assertGreater(recoveries, explore(1).recoveries);
    assertEquals(violations[0].nested?.length, 1);
  });
}
