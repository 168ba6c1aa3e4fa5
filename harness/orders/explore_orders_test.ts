import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import type { Operation } from "../../lib/storage/mod.ts";
import { Recorder } from "../log/recorder.ts";
import { SECTORS } from "../model/presets.ts";
import { exploreOrders, type OrderScheduler } from "./explore_orders.ts";
import { runToy, TOY_OPERATIONS, type ToyStep } from "./toy_operations_testing.ts";

const RUNS = sized({ short: 40, long: 150 });
/** Plans with more orders than this are left to the reduced search. */
const MAX_ORDERS = 700n;

function both(plan: readonly (readonly ToyStep[])[], hides = false) {
  const start = (scheduler: OrderScheduler) => runToy(plan, scheduler, hides);
  const reduced = exploreOrders(start, { preset: SECTORS });
  const full = exploreOrders(start, {
    preset: SECTORS,
    skipsReduction: true,
    maxSchedules: Number(MAX_ORDERS),
  });
  return { reduced, full };
}

function tracesOf({ runs }: { readonly runs: readonly { readonly trace: string }[] }): string[] {
  return runs.map(({ trace }) => trace).sort();
}

seededTest("merging moments loses no log and miscounts no order", (seed) => {
  let compared = 0;
  let merged = 0;
  fc.assert(
    fc.property(TOY_OPERATIONS, (plan) => {
      const { reduced, full } = both(plan);
      assert(reduced.orders !== undefined);
      if (reduced.orders >= MAX_ORDERS) return;
      compared++;
      merged += reduced.merged;
      assertEquals(reduced.orders, BigInt(full.schedules));
      assertEquals(tracesOf(reduced), tracesOf(full));
    }),
    { seed, numRuns: RUNS },
  );
  assert(compared > RUNS / 2, `only ${compared} were compared`);
  assert(merged > RUNS, `only ${merged} schedules were merged`);
});

Deno.test("a fingerprint that hides what is shared is found out by comparing", () => {
  // The second one takes the number before the first one has put it, or after that; either way it
  // may have to wait then, at what looks like the same moment.
  const plan: ToyStep[][] = [
    [{ kind: "turn" }, { kind: "read", sector: 0 }, { kind: "put" }, { kind: "read", sector: 0 }],
    [{ kind: "read", sector: 0 }, { kind: "take" }, { kind: "turn" }, { kind: "write", sector: 1 }],
  ];
  const told = both(plan);
  assertEquals([told.reduced.runs.length, told.full.runs.length], [2, 2]);
  const hidden = both(plan, true);
  assertEquals([hidden.reduced.runs.length, hidden.full.runs.length], [1, 2]);
});

Deno.test("four writes that have nothing to do with each other make one log", () => {
  const plan = [0, 1, 2, 3].map((sector): ToyStep[] => [{ kind: "write", sector }]);
  const { orders, runs, moments } = exploreOrders((scheduler) => runToy(plan, scheduler), {
    preset: SECTORS,
  });
  // Every set of writes that are left, but for the empty one.
  assertEquals([orders, runs.length, moments], [24n, 1, 15]);
});

Deno.test("a search that reaches its limit says so", () => {
  const plan = [0, 0, 0].map((sector): ToyStep[] => [{ kind: "write", sector }, { kind: "flush" }]);
  const { coverage, orders, schedules, merged } = exploreOrders(
    (scheduler) => runToy(plan, scheduler),
    { preset: SECTORS, maxSchedules: 5 },
  );
  assertEquals([coverage, orders, schedules + merged], ["stopped", undefined, 5]);
});

Deno.test("a program that is not the same each time is refused", () => {
  let runs = 0;
  assertThrows(
    () =>
      exploreOrders((scheduler) => {
        const count = ++runs > 1 ? 3 : 2;
        const plan = Array.from({ length: count }, (): ToyStep[] => [{ kind: "flush" }]);
        return runToy(plan, scheduler);
      }, { preset: SECTORS }),
    Error,
    "not deterministic",
  );
});

Deno.test("without a fingerprint nothing is merged", () => {
  function* write(offsetBytes: number): Operation<void> {
    const bytes = new Uint8Array(512).fill(1);
    yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
  }
  const { orders, schedules, merged, runs } = exploreOrders((scheduler) => {
    const recorder = new Recorder({ base: new Uint8Array(2048) });
    scheduler.watch({
      events: recorder.events,
      contents: () => recorder.contents,
      fingerprint: () => undefined,
    });
    recorder.runTogether([write(0), write(512), write(1024)], scheduler);
  }, { preset: SECTORS });
  assertEquals([orders, schedules, merged, runs.length], [6n, 6, 0, 1]);
});
