/** Random logs, each with a random format to check the states after a crash. */
import fc from "fast-check";
import { MemoryStorage, runSync } from "../../lib/storage/mod.ts";
import { sectorsOf } from "./log_builder.ts";
import type { Preset } from "../model/presets.ts";
import type { EngineCase } from "./engine_agreement.ts";
import { buildLog, type LogShape, type LogStep, logStep } from "./random_log.ts";
import { script } from "./random_script.ts";
import { type Script, scriptedTarget } from "./scripted_target.ts";

const SECTOR = 512;
const OTHER_FILE = new MemoryStorage(sectorsOf(1, 2, 3, 1, 2, 3, 1, 2));

/** Contents that meet by chance are wanted: they are where a short cut goes wrong. */
const SMALL: LogShape = { fileSectors: 5, guestSectors: 4, values: 4 };
/** Several blocks of 4 KiB. */
const WIDE: LogShape = { ...SMALL, fileSectors: 20 };

/** A random case, before anything is run. */
export interface RandomCase {
  /** The first byte of each sector of the file. */
  readonly base: readonly number[];
  /** How much of the last sector is missing. */
  readonly tornBytes: number;
  readonly steps: readonly LogStep[];
  readonly script: Script;
}

/** Random cases that suit a preset. */
export function randomCase(preset: Preset): fc.Arbitrary<RandomCase> {
  const shape = preset.unit === 4096 ? WIDE : SMALL;
  return fc.record({
    base: fc.array(fc.nat(shape.values - 1), { minLength: 1, maxLength: shape.fileSectors }),
    tornBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: SECTOR - 1 })),
    steps: fc.array(logStep(shape), { minLength: 1, maxLength: 12 }),
    script: script(shape),
  });
}

/** What is to be explored; undefined if the format refuses the file that the log begins with. */
export function scriptedCase(each: RandomCase, preset: Preset): EngineCase | undefined {
  const whole = sectorsOf(...each.base);
  const base = whole.subarray(0, whole.length - each.tornBytes);
  const guestBase = guestOf(base, each.script);
  if (!guestBase) return undefined;
  const log = buildLog(each.steps, base, guestBase);
  const target = scriptedTarget(each.script, OTHER_FILE);
  return { log, target, preset, guestBytes: guestBase.length };
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
