/** Crashes of recoveries: the lazy engine finds what building every file finds. */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { MemoryStorage, runSync } from "../../lib/storage/mod.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import type { Exploration } from "../result/exploration.ts";
import { sectorsOf } from "../testing/log_builder.ts";
import { type Preset, PRESETS } from "../model/presets.ts";
import { SpaceTooLargeError } from "../reference/brute.ts";
import {
  assertEnginesAgree,
  bruteStates,
  type EngineCase,
  keysOf,
} from "../testing/engine_agreement.ts";
import { exploreLazily } from "./lazy.ts";
import { twoCopies, twoCopiesLog } from "../testing/two_copies.ts";
import { buildLog, type LogShape, logStep } from "../testing/random_log.ts";
import { script } from "../testing/random_script.ts";
import { scriptedTarget } from "../testing/scripted_target.ts";

const SECTOR = 512;
/** Cases for each seed; where tearing makes too much of many, more. */
const runs = (preset: Preset) =>
  preset.tears ? sized({ short: 100, long: 900 }) : sized({ short: 40, long: 300 });
/** At least so many must be used, and must fail; of a few, chance may leave none that fails. */
const MIN_USED = sized({ short: 1, long: 50 });
const MIN_FAILING = sized({ short: 0, long: 15 });
/** A case with more states of the first crash than this is left out. */
const MAX_STATES = 100n;
/** ... and one with more states in all. */
const MAX_STATES_AGAIN = 1500;
const SHAPE: LogShape = { fileSectors: 4, guestSectors: 3, values: 3 };
const OTHER_FILE = new MemoryStorage(sectorsOf(1, 2, 3, 1, 2, 3, 1, 2));

const CASE = fc.record({
  base: fc.array(fc.nat(SHAPE.values - 1), { minLength: 1, maxLength: SHAPE.fileSectors }),
  steps: fc.array(logStep(SHAPE), { minLength: 1, maxLength: 6 }),
  script: script(SHAPE),
  depth: fc.constantFrom(2, 2, 2, 3),
});

type Case = typeof CASE extends fc.Arbitrary<infer T> ? T : never;

/** A recovery that writes parts of two sectors, of which only one may be torn: always tried. */
const TWO_TEARS: Case = {
  base: [0, 0, 0, 1],
  steps: [{ kind: "complete", which: 0 }],
  script: {
    places: [
      { kind: "inside-file", sector: 0 },
      { kind: "file", sector: 0 },
      { kind: "file", sector: 0 },
    ],
    recovery: [
      { kind: "patch", offsetBytes: 0, lengthBytes: 9, value: 1 },
      { kind: "discard", offsetBytes: 1095, lengthBytes: 458 },
    ],
    writing: [],
    readsBackwards: false,
    sectorsInUse: 1,
    postRecoveryWrites: [],
    allocationUnitBytes: 512,
    hasFingerprint: false,
  },
  depth: 2,
};

/** What lazy finds, and brute force too; undefined if there are too many states. */
function exploreBoth(each: EngineCase): Exploration | undefined {
  try {
    return assertEnginesAgree(each).lazy;
  } catch (error) {
    if (error instanceof SpaceTooLargeError) return undefined;
    throw error;
  }
}

for (const preset of Object.values(PRESETS)) {
  seededTest(`a second crash: lazy equals brute under ${preset.name}`, (seed) => {
    const count = { used: 0, failing: 0 };
    fc.assert(
      fc.property(CASE, ({ base, steps, script, depth }) => {
        const file = sectorsOf(...base);
        const target = scriptedTarget(script, OTHER_FILE);
        const guest = new Uint8Array(script.places.length * SECTOR);
        try {
          const files = [new MemoryStorage(file), OTHER_FILE];
          runSync(target.read(runSync(target.recover(), files), 0, guest), files);
        } catch (error) {
          if (target.refusal(error)) return;
          throw error;
        }
        const log = buildLog(steps, file, guest);
        if (bruteStates(log, preset) > MAX_STATES) return;
        const options = { guestBytes: guest.length };
        const each = { log, target, preset, depth, maxStates: MAX_STATES_AGAIN, ...options };
        const lazy = exploreBoth(each);
        if (!lazy) return;
        count.used++;
        const once = new Set(keysOf(exploreLazily(log, target, preset, options)));
        if (lazy.verdict === "violation") count.failing++;
        for (const key of once) assertEquals(keysOf(lazy).includes(key), true, key);
      }),
      { seed, numRuns: runs(preset), examples: [[TWO_TEARS]] },
    );
    assertGreaterOrEqual(count.used, MIN_USED, "cases used");
    assertGreaterOrEqual(count.failing, MIN_FAILING, "cases that fail");
  });
}

Deno.test("a repair that clears its flag too early is found by a second crash, and by no single one", () => {
  const [log, preset] = [twoCopiesLog(), PRESETS.sectors];
  for (
    const [clearsFlagFirst, depth, found] of [[true, 1, 0], [true, 2, 1], [false, 3, 0]] as const
  ) {
    const target = twoCopies(clearsFlagFirst);
    const { lazy } = assertEnginesAgree({ log, target, preset, depth, guestBytes: SECTOR });
    assertEquals(lazy.violations.length, found);
    if (found === 0) continue;
    const [{ nested = [] }] = lazy.violations;
    assertEquals(nested.map(({ persisted }) => persisted.map((piece) => piece.offsetBytes)), [[0]]);
  }
});
