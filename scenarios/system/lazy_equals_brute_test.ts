/** The two engines on QED itself: random small guests, profiles, presets and mutants. */
import { assert, assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { assertEnginesAgree, bruteStates, keysOf } from "../../harness/testing/engine_agreement.ts";
import { neighbourCorruption, type Preset, PRESETS, SECTORS } from "../../harness/advanced.ts";
import { RFC } from "../../lib/mod.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { ANY_MUTANT, mutantCase } from "./random_mutants_testing.ts";
import { workloads } from "./random_workload_testing.ts";
import { CLUSTER, DISK } from "../qed/sizes.ts";
import { type Workload, write } from "../qed/workload.ts";

/** Generated cases for each seed. */
const RUNS = sized({ short: 120, long: 640 });
/** The test skips a case with more states; sectors multiply them. */
const maxStates = (preset: Preset) =>
  preset.unit === 512 ? sized({ short: 500n, long: 1500n }) : 400n;
/** For each seed, at least this many cases must count, fail, and be clean. */
const MIN_USED = sized({ short: 12, long: 120 });
const MIN_FAILING = sized({ short: 0, long: 6 });
const MIN_CLEAN = sized({ short: 5, long: 50 });
/** ... and at least this many must count under each preset. */
const MIN_OF_EACH = sized({ short: 0, long: 5 });

seededTest("lazy equals brute on QED", (seed) => {
  const count = { used: 0, failing: 0 };
  const used = new Map<string, number>();
  const presets = fc.constantFrom(...Object.values(PRESETS), SECTORS, SECTORS);
  fc.assert(
    fc.property(
      workloads({ maxSteps: 4, unaligned: true }),
      ANY_MUTANT,
      presets,
      (workload, mutant, preset) => {
        const each = mutantCase(workload, mutant, preset);
        if (!each || bruteStates(each.log, preset) > maxStates(preset)) return;
        const { lazy } = assertEnginesAgree(each);
        count.used++;
        used.set(preset.name, (used.get(preset.name) ?? 0) + 1);
        if (lazy.verdict === "violation") count.failing++;
      },
    ),
    { seed, numRuns: RUNS },
  );
  assertGreaterOrEqual(count.used, MIN_USED, "cases used");
  assertGreaterOrEqual(count.failing, MIN_FAILING, "cases that fail");
  assertGreaterOrEqual(count.used - count.failing, MIN_CLEAN, "cases that are clean");
  for (const name of Object.keys(PRESETS)) {
    assertGreaterOrEqual(used.get(name) ?? 0, MIN_OF_EACH, `cases under ${name}`);
  }
});

Deno.test("lazy equals brute where a driver that does not verify offsets follows noise", () => {
  const guest: Workload = {
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    prepared: [write(CLUSTER, 512)],
    steps: [write(2 * CLUSTER, 512)],
  };
  const each = mutantCase(guest, { name: "correct", profile: RFC }, neighbourCorruption(4096))!;
  const { lazy } = assertEnginesAgree(each);
  assert(keysOf(lazy).includes("unusable: a request out of bounds"), keysOf(lazy).join());
});
