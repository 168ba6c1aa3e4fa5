/** Orders of requests on QED images: the reduction against all orders, and bugs that only orders show. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  exploreOrders,
  type OrderScheduler,
  type Preset,
  PRESETS,
  sampleOrders,
  SECTORS,
  shrinkOrder,
  traceHash,
} from "../../harness/advanced.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import {
  concurrentRequests,
  CORRECT,
  NO_RANGE_LOCK,
  NO_TABLE_LOCK,
} from "../qed/mutants/concurrency.ts";
import { everyOrder, exploreRuns, type OpenCase } from "../qed/orders.ts";
import { explore, type Setup, setUp } from "../qed/scenario.ts";
import { CLUSTER } from "../qed/sizes.ts";
import { type Schedule, write } from "../qed/workload.ts";
import { FEW_REQUESTS } from "./few_requests_testing.ts";

const RUNS = sized({ short: 10, long: 60 });
/** Only the reduced search runs requests with more orders than this. */
const MAX_ORDERS = sized({ short: 40n, long: 200n });

/** Runs every order to its end, and explores every different log. */
function withoutReduction(
  openCase: OpenCase,
  preset: Preset,
): { traces: string[]; violations: string[] } {
  const logs = new Map<string, Setup>();
  const { runs } = exploreOrders((scheduler) => {
    const run = setUp(openCase(scheduler));
    logs.set(traceHash(run.log, { preset, target: run.target }), run);
  }, { preset, skipsReduction: true });
  const every = [...logs.values()].map((result) => ({ result, trace: "", choices: [] }));
  const { violations } = exploreRuns(openCase, { runs: every });
  return { traces: runs.map(({ trace }) => trace).sort(), violations: [...violations] };
}

for (const [name, mutate] of Object.entries({ CORRECT, NO_TABLE_LOCK, NO_RANGE_LOCK })) {
  seededTest(`the reduction loses no log and no violation: ${name}`, (seed) => {
    let compared = 0;
    let found = 0;
    fc.assert(
      fc.property(FEW_REQUESTS, (requests) => {
        const openCase = concurrentRequests(requests, mutate);
        const reduced = everyOrder(openCase);
        assert(reduced.orders !== undefined);
        const { violations } = exploreRuns(openCase, reduced);
        found += violations.length;
        if (mutate === CORRECT) assertEquals(violations, []);
        if (reduced.orders > MAX_ORDERS) return;
        compared++;
        const full = withoutReduction(openCase, SECTORS);
        assertEquals(reduced.runs.map(({ trace }) => trace).sort(), full.traces);
        assertEquals(violations, full.violations);
      }),
      { seed, numRuns: RUNS },
    );
    assert(compared > RUNS / 4, `only ${compared} were compared`);
    // Among a few, chance may leave none; the test of a lost update has one for certain.
    if (mutate === NO_TABLE_LOCK) assert(found >= sized({ short: 0, long: 1 }), "no violation");
  });
}

for (const preset of Object.values(PRESETS)) {
  seededTest(`the reduction loses nothing under ${preset.name} either`, (seed) => {
    fc.assert(
      fc.property(FEW_REQUESTS, (requests) => {
        const openCase = concurrentRequests(requests, NO_TABLE_LOCK, preset);
        const reduced = everyOrder(openCase);
        if (reduced.orders === undefined || reduced.orders > 50n) return;
        const { violations } = exploreRuns(openCase, reduced);
        assertEquals(violations, withoutReduction(openCase, preset).violations);
      }),
      { seed, numRuns: sized({ short: 1, long: 10 }) },
    );
  });
}

Deno.test("the search of orders finds a lost update that sequential requests miss", () => {
  // Two allocations read, change and write the same sector of the L2 table.
  const requests = [write(3 * CLUSTER, 512), write(4 * CLUSTER, 512)];
  const openCase = concurrentRequests(requests, NO_TABLE_LOCK);
  assertEquals(explore(openCase([])).verdict, "clean");
  const { violations } = exploreRuns(openCase, everyOrder(openCase));
  assertNotEquals(violations, []);
  assertEquals(withoutReduction(openCase, SECTORS).violations, violations);
  const correct = concurrentRequests(requests);
  assertEquals(exploreRuns(correct, everyOrder(correct)).violations, []);
});

seededTest("many requests: random orders find a lost update, which replays and shrinks", (seed) => {
  const overwrites = [0, 1].map((cluster) => write(cluster * CLUSTER, 512));
  const allocations = [3, 4, 5, 6, 7, 8].map((cluster) => write(cluster * CLUSTER, 512));
  const openCase = concurrentRequests([...overwrites, ...allocations], NO_TABLE_LOCK);
  const start = (scheduler: OrderScheduler) => setUp(openCase(scheduler));
  const isBroken = (schedule: Schedule) => explore(openCase(schedule)).verdict === "violation";

  const options = { preset: SECTORS, seed, samples: 30 };
  const sequences = sampleOrders(start, options).runs.map(({ choices }) => choices);
  assertEquals(sampleOrders(start, options).runs.map(({ choices }) => choices), sequences);

  const failing = sequences.find(isBroken);
  assert(failing, "no order fails");
  const shrunk = shrinkOrder(failing, isBroken, SECTORS);
  const deviations = (choices: readonly number[]) =>
    choices.filter((choice) => choice !== 0).length;
  assert(deviations(shrunk) >= 1 && deviations(shrunk) <= deviations(failing));
  assertEquals(shrinkOrder(shrunk, isBroken, SECTORS), shrunk, "no choice is left to remove");
  assert(isBroken(shrunk));
});
