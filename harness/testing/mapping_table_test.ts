import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { type Preset, PRESETS, SECTORS, SURVIVABLE_PRESETS, WRITES } from "../model/presets.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { assertEnginesAgree, bruteStates } from "./engine_agreement.ts";
import { exploreLazily } from "../engine/lazy.ts";
import {
  MAPPING_BUGS,
  MAPPING_GUEST_BYTES,
  type MappingBug,
  mappingTarget,
} from "./mapping_table.ts";
import { MAPPING_STEP, type MappingStep, recordMapping } from "./mapping_workload.ts";

/** Workloads that are generated for each seed; where tearing makes too much of many, more. */
const runs = (preset: Preset) =>
  preset.tears ? sized({ short: 50, long: 400 }) : sized({ short: 30, long: 200 });
/** A case with more states than this is left out; tearing makes many of few. */
const maxStates = (preset: Preset) => preset.tears ? sized({ short: 1500n, long: 6000n }) : 800n;
/** At least so many cases must be used and must fail, for each preset. */
const MIN_USED = sized({ short: 1, long: 50 });
const MIN_FAILING = sized({ short: 0, long: 4 });

const GUEST = { guestBytes: MAPPING_GUEST_BYTES };
const STEPS = fc.array(MAPPING_STEP, { minLength: 1, maxLength: 6 });
const BUG = fc.option(fc.constantFrom(...MAPPING_BUGS), { nil: undefined, freq: 4 });

for (const preset of Object.values(PRESETS)) {
  seededTest(`lazy equals brute on the mapping table under ${preset.name}`, (seed) => {
    const count = { used: 0, failing: 0 };
    fc.assert(
      fc.property(STEPS, BUG, (steps, bug) => {
        const log = recordMapping(steps, bug);
        if (bruteStates(log, preset) > maxStates(preset)) return;
        const { lazy } = assertEnginesAgree({ log, target: mappingTarget(bug), preset, ...GUEST });
        count.used++;
        if (lazy.verdict === "violation") count.failing++;
        if (!bug && SURVIVABLE_PRESETS.includes(preset)) assertEquals(lazy.violations, []);
      }),
      { seed, numRuns: runs(preset) },
    );
    assertGreaterOrEqual(count.used, MIN_USED, "cases used");
    assertGreaterOrEqual(count.failing, MIN_FAILING, "cases that fail");
  });
}

const write = (offsetBytes: number, lengthBytes: number): MappingStep => ({
  kind: "write",
  offsetBytes,
  lengthBytes,
});
const discard = (sector: number): MappingStep => ({ kind: "discard", sector });
const FLUSH: MappingStep = { kind: "flush" };
const REOPEN: MappingStep = { kind: "reopen" };

const WORKLOADS: readonly (readonly MappingStep[])[] = [
  [write(0, 512), write(1024, 100), FLUSH, write(0, 100)],
  [write(0, 1024), FLUSH, discard(1), write(1024, 512), FLUSH],
  [write(0, 1024), FLUSH, discard(0), FLUSH, write(1024, 512), FLUSH],
  [write(0, 1024), FLUSH, discard(1), REOPEN, write(1024, 100), FLUSH],
  [write(0, 512), write(100, 100), write(0, 600), REOPEN],
];

function failuresOf(bug?: MappingBug): number {
  const explored = WORKLOADS.flatMap((steps) => {
    const log = recordMapping(steps, bug);
    return [WRITES, SECTORS].map((preset) => exploreLazily(log, mappingTarget(bug), preset, GUEST));
  });
  return explored.filter((exploration) => exploration.verdict === "violation").length;
}

Deno.test("nothing is reported on the correct toy driver", () => {
  assertEquals(failuresOf(), 0);
});

for (const bug of MAPPING_BUGS) {
  Deno.test(`injected into the toy driver and found: ${bug}`, () => {
    assertGreaterOrEqual(failuresOf(bug), 1);
  });
}
