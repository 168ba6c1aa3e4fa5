/** Crashes of recoveries, on QED: whatever is left of a repair can be repaired again. */
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
} from "../../harness/mod.ts";
import { type Filter, filtered, type QedImage, STRICT } from "../../lib/mod.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { anyOf, flushes, headerWrites, holdBack, leaveOut, writes } from "./plant_testing.ts";
import { workloads } from "./random_workload_testing.ts";
import { memoryBacking, qedTarget } from "../qed/qed_target.ts";
import { DISK } from "../qed/sizes.ts";
import { record, type Workload } from "../qed/workload.ts";
import { POST_RECOVERY_WRITES, WORKLOADS } from "../qed/test_workloads.ts";

const RUNS = 150;
/** States, with second crashes, that brute force is asked to visit for one case. */
const MOST_STATES = 3000;
const FEWEST_COMPARED = 10;

function targetOf({ backing, clusterBytes }: Workload, plant?: () => Filter): Target<QedImage> {
  const target = qedTarget({
    profile: STRICT,
    clusterBytes,
    postRecoveryWrites: POST_RECOVERY_WRITES,
    ...(backing && { backing: memoryBacking(backing) }),
  });
  return plant ? { ...target, recover: () => filtered(target.recover(), plant()) } : target;
}

const RANDOM = fc.record({
  preset: fc.constantFrom(...SURVIVABLE_PRESETS, SECTORS),
  workload: workloads({ maxSteps: 5, unaligned: true }),
  depth: fc.constantFrom(2, 3),
});

seededTest("strict survives crashes of its recoveries, after random guests", (seed) => {
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
      const target = targetOf(workload, leaveOut(REPAIR_FLUSHES));
      const each = { log, target, preset: SECTORS, guestBytes: DISK, depth: 2 };
      try {
        assertEnginesAgree({ ...each, maxStates: MOST_STATES });
        compared++;
      } catch (error) {
        if (!(error instanceof SpaceTooLargeError)) throw error;
      }
    }),
    { seed, numRuns: RUNS },
  );
  assertGreaterOrEqual(compared, FEWEST_COMPARED, "cases compared");
});

const REPAIR_FLUSHES = anyOf(flushes("repaired tables"), flushes("before clearing NEED_CHECK"));
/** What may be wrong with a repair and shows only if that is cut short. */
const BUGS: Readonly<Record<string, () => Filter>> = {
  "no flush between repaired tables and the cleared mark": leaveOut(REPAIR_FLUSHES),
  "the mark cleared before the tables are repaired": holdBack(
    anyOf(writes("l2-table"), REPAIR_FLUSHES),
    headerWrites("cleared"),
  ),
};

for (const [name, plant] of Object.entries(BUGS)) {
  Deno.test(`planted in recovery, and found by a second crash only: ${name}`, () => {
    const workload: Workload = WORKLOADS["later allocations"];
    const log = record(workload, { profile: STRICT });
    const target = targetOf(workload, plant);
    const explore = (depth: number) =>
      exploreLazily(log, target, SECTORS, { guestBytes: DISK, depth });
    assertEquals(explore(1).violations.map(violationKey), []);
    const { violations, recoveries } = explore(2);
    assert(keysOf(explore(2)).some((key) => key.startsWith("inconsistent")));
    assertGreater(recoveries, explore(1).recoveries);
    assertEquals(violations[0].nested?.length, 1);
  });
}
