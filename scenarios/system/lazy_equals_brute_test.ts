/** The two engines on QED itself: random small guests, profiles, presets and planted bugs. */
import { assert, assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { assertEnginesAgree, bruteStates, keysOf } from "../../harness/testing/engine_agreement.ts";
import { neighbourCorruption, type Preset, PRESETS, SECTORS } from "../../harness/mod.ts";
import { RFC } from "../../lib/mod.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { ANY_PLANT, plantedCase } from "./random_plant_testing.ts";
import { workloads } from "./random_workload_testing.ts";
import { CLUSTER, DISK } from "../qed/sizes.ts";
import { type Workload, write } from "../qed/workload.ts";

/** Cases that are generated for each seed. */
const RUNS = 640;
/** A case with more states than this is left out; sectors have many soon. */
const maxStates = (preset: Preset) => preset.unit === 512 ? 1500n : 400n;
/** At least so many cases must be used, must fail, and must be clean, for each seed. */
const FEWEST_USED = 120;
const FEWEST_FAILING = 6;
const FEWEST_CLEAN = 50;
/** ... and under each preset so many must be used. */
const FEWEST_OF_EACH = 5;

seededTest("lazy equals brute on QED", (seed) => {
  const count = { used: 0, failing: 0 };
  const used = new Map<string, number>();
  const presets = fc.constantFrom(...Object.values(PRESETS), SECTORS, SECTORS);
  fc.assert(
    fc.property(
      workloads({ maxSteps: 4, unaligned: true }),
      ANY_PLANT,
      presets,
      (workload, plant, preset) => {
        const each = plantedCase(workload, plant, preset);
        if (!each || bruteStates(each.log, preset) > maxStates(preset)) return;
        const { lazy } = assertEnginesAgree(each);
        count.used++;
        used.set(preset.name, (used.get(preset.name) ?? 0) + 1);
        if (lazy.verdict === "violation") count.failing++;
      },
    ),
    { seed, numRuns: RUNS },
  );
  assertGreaterOrEqual(count.used, FEWEST_USED, "cases used");
  assertGreaterOrEqual(count.failing, FEWEST_FAILING, "cases that fail");
  assertGreaterOrEqual(count.used - count.failing, FEWEST_CLEAN, "cases that are clean");
  for (const name of Object.keys(PRESETS)) {
    assertGreaterOrEqual(used.get(name) ?? 0, FEWEST_OF_EACH, `cases under ${name}`);
  }
});

Deno.test("lazy equals brute where a driver that does not verify offsets follows noise", () => {
  const guest: Workload = {
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    prepared: [write(CLUSTER, 512)],
    steps: [write(2 * CLUSTER, 512)],
  };
  const each = plantedCase(guest, { name: "correct", profile: RFC }, neighbourCorruption(4096))!;
  const { lazy } = assertEnginesAgree(each);
  assert(keysOf(lazy).includes("unusable: a request out of bounds"), keysOf(lazy).join());
});
