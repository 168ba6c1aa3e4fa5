import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { seededTest } from "../../test_support/seeds.ts";
import { FEATURES } from "./operation_set.ts";
import { SHAPE } from "./disk_shape_testing.ts";
import { randomWorkloads } from "./random_workloads.ts";
import { reasonNotToEnd, reasonToLeaveOut } from "./sequence_rules.ts";
import { wideOperationSetFor } from "./wide_operation_set.ts";

const OPTIONS = { seed: 1, count: 600, maxSteps: 8, swarm: true };
const FEATURE_OF = new Map(wideOperationSetFor(SHAPE).map(({ name, feature }) => [name, feature]));

function make(options: Partial<typeof OPTIONS> = {}) {
  return [...randomWorkloads(SHAPE, { ...OPTIONS, ...options }).workloads];
}

/** How many features each workload has. */
function featureCounts(swarm: boolean): number[] {
  return make({ swarm, maxSteps: 40 }).map(({ words }) =>
    new Set(words.map((name) => FEATURE_OF.get(name))).size
  );
}

Deno.test("the same seed gives the same workloads, and the first ones of more", () => {
  assertEquals(make(), make());
  assertEquals(make({ count: 300 }), make().slice(0, 300));
  assertEquals(make().length, 600);
  assertNotEquals(make({ seed: 2 }), make());
});

seededTest("random workloads keep the rules, and have every feature and length", (seed) => {
  const workloads = make({ seed });
  for (const { steps } of workloads) {
    assert(steps.length >= 1 && steps.length <= 8);
    assertEquals(reasonNotToEnd(steps), undefined);
    steps.forEach((step, i) =>
      assertEquals(reasonToLeaveOut(steps.slice(0, i), step, SHAPE), undefined)
    );
  }
  const features = workloads.flatMap(({ words }) => words.map((name) => FEATURE_OF.get(name)));
  assertEquals(new Set(features), new Set(FEATURES));
  assertEquals(new Set(workloads.map(({ steps }) => steps.length)).size, 8);
});

Deno.test("with swarm testing, long workloads do without whole features", () => {
  const most = (counts: number[]) => counts.filter((count) => count >= 9).length;
  assert(most(featureCounts(false)) > 200);
  assert(most(featureCounts(true)) < 100);
});
