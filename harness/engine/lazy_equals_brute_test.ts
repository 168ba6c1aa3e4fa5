import { assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { MemoryStorage, runSync } from "../../lib/storage/mod.ts";
import { sectorsOf } from "../log/log_builder_testing.ts";
import { type Preset, PRESETS } from "../model/presets.ts";
import { seededTest } from "../../lib/testing/seeds_testing.ts";
import { assertEnginesAgree, bruteStates } from "./engine_agreement_testing.ts";
import { buildLog, type LogShape, logStep } from "./random_log_testing.ts";
import { script } from "./random_script_testing.ts";
import { type Script, scriptedTarget } from "./scripted_target_testing.ts";

const SECTOR = 512;
/** Logs that are generated for each seed; where faults make too much of many, more. */
const runs = (preset: Preset) => preset.tears || preset.ruinBytes > 0 ? 700 : 300;
/** A case with more states than this is left out; tearing makes many of few. */
const mostStates = (preset: Preset) => preset.tears ? 6000n : 800n;
/** At least so many cases must be used, must fail, and must be clean, for each seed and preset. */
const FEWEST_USED = 120;
const FEWEST_FAILING = 40;
const FEWEST_CLEAN = 30;

/** Contents that meet by chance are wanted: they are where a short cut goes wrong. */
const SMALL: LogShape = { fileSectors: 5, guestSectors: 4, values: 4 };
/** Several blocks of 4 KiB. */
const WIDE: LogShape = { ...SMALL, fileSectors: 20 };

const OTHER_FILE = new MemoryStorage(sectorsOf(1, 2, 3, 1, 2, 3, 1, 2));

function caseOf(shape: LogShape) {
  return fc.record({
    base: fc.array(fc.nat(shape.values - 1), { minLength: 1, maxLength: shape.fileSectors }),
    tornBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: SECTOR - 1 })),
    steps: fc.array(logStep(shape), { minLength: 1, maxLength: 12 }),
    script: script(shape),
  });
}

/** What the guest's disk holds on `base`; undefined if the target refuses it. */
function guestOf(base: Uint8Array, each: Script): Uint8Array | undefined {
  const target = scriptedTarget(each, OTHER_FILE);
  const files = [new MemoryStorage(base), OTHER_FILE];
  const guest = new Uint8Array(each.places.length * SECTOR);
  try {
    const session = runSync(target.recover(), files);
    runSync(target.read(session, 0, guest), files);
    return guest;
  } catch (error) {
    if (target.refusal(error)) return undefined;
    throw error;
  }
}

for (const preset of Object.values(PRESETS)) {
  const shape = preset.unit === 4096 ? WIDE : SMALL;
  seededTest(`lazy equals brute on random logs under ${preset.name}`, (seed) => {
    const count = { used: 0, failing: 0 };
    fc.assert(
      fc.property(caseOf(shape), (each) => {
        const whole = sectorsOf(...each.base);
        const base = whole.subarray(0, whole.length - each.tornBytes);
        const guestBase = guestOf(base, each.script);
        if (!guestBase) return;
        const log = buildLog(each.steps, base, guestBase);
        if (bruteStates(log, preset) > mostStates(preset)) return;
        const target = scriptedTarget(each.script, OTHER_FILE);
        const { lazy } = assertEnginesAgree({ log, target, preset, guestBytes: guestBase.length });
        count.used++;
        if (lazy.verdict === "violation") count.failing++;
      }),
      { seed, numRuns: runs(preset) },
    );
    assertGreaterOrEqual(count.used, FEWEST_USED, "cases used");
    assertGreaterOrEqual(count.failing, FEWEST_FAILING, "cases that fail");
    assertGreaterOrEqual(count.used - count.failing, FEWEST_CLEAN, "cases that are clean");
  });
}
