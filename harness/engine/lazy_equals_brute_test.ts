import { assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { type Preset, PRESETS } from "../model/presets.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { assertEnginesAgree, bruteStates } from "../testing/engine_agreement.ts";
import { randomCase, scriptedCase } from "../testing/random_case.ts";

/** Logs that are generated for each seed; where faults make too much of many, more. */
const runs = (preset: Preset) =>
  preset.tears || preset.corruptionBytes > 0
    ? sized({ short: 150, long: 700 })
    : sized({ short: 60, long: 300 });
/** A case with more states than this is left out; tearing makes many of few. */
const maxStates = (preset: Preset) => preset.tears ? sized({ short: 1500n, long: 6000n }) : 800n;
/** At least so many cases must be used, must fail, and must be clean, for each seed and preset. */
const MIN_USED = sized({ short: 10, long: 120 });
const MIN_FAILING = sized({ short: 1, long: 40 });
const MIN_CLEAN = sized({ short: 1, long: 30 });

for (const preset of Object.values(PRESETS)) {
  seededTest(`lazy equals brute on random logs under ${preset.name}`, (seed) => {
    const count = { used: 0, failing: 0 };
    fc.assert(
      fc.property(randomCase(preset), (random) => {
        const each = scriptedCase(random, preset);
        if (!each || bruteStates(each.log, preset) > maxStates(preset)) return;
        const { lazy } = assertEnginesAgree(each);
        count.used++;
        if (lazy.verdict === "violation") count.failing++;
      }),
      { seed, numRuns: runs(preset) },
    );
    assertGreaterOrEqual(count.used, MIN_USED, "cases used");
    assertGreaterOrEqual(count.failing, MIN_FAILING, "cases that fail");
    assertGreaterOrEqual(count.used - count.failing, MIN_CLEAN, "cases that are clean");
  });
}
