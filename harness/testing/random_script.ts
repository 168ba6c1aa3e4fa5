/** Random scripts for targets. */
import fc from "fast-check";
import type { LogShape } from "./random_log.ts";
import type { Place, Script, ScriptStep } from "./scripted_target.ts";

const SECTOR = 512;

function place(shape: LogShape): fc.Arbitrary<Place> {
  const sector = fc.nat(shape.fileSectors);
  const kind = <T>(name: T) => fc.constant(name);
  return fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: kind("zeroes" as const) }) },
    { weight: 8, arbitrary: fc.record({ kind: kind("file" as const), sector }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("inside-file" as const), sector }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("looked-at" as const), sector }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: kind("unaligned" as const),
        offsetBytes: fc.nat(shape.fileSectors * SECTOR),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kind("other-file" as const), sector }) },
    { weight: 1, arbitrary: fc.record({ kind: kind("refused" as const) }) },
  );
}

function scriptStep(shape: LogShape): fc.Arbitrary<ScriptStep> {
  const sector = fc.nat(shape.fileSectors);
  const guest = fc.nat(shape.guestSectors - 1);
  const modulo = fc.integer({ min: 2, max: 5 });
  const offsetBytes = fc.nat(shape.fileSectors * SECTOR);
  const kind = <T>(name: T) => fc.constant(name);
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: kind("skip-if" as const),
        sector,
        modulo,
        count: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: kind("map" as const),
        guest,
        sector,
        places: fc.array(place(shape), { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kind("copy" as const), from: sector, to: sector }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("move" as const), guest, to: sector }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: kind("patch" as const),
        offsetBytes,
        lengthBytes: fc.integer({ min: 1, max: 2 * SECTOR }),
        value: fc.nat(shape.values - 1),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: kind("resize" as const), sizeBytes: offsetBytes }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: kind("discard" as const),
        offsetBytes,
        lengthBytes: fc.nat(2 * SECTOR),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: kind("refuse-if" as const), sector, modulo }) },
    { weight: 1, arbitrary: fc.record({ kind: kind("problem-if" as const), sector, modulo }) },
    { weight: 1, arbitrary: fc.record({ kind: kind("remember-size" as const) }) },
  );
}

/** A random script for logs of this shape. */
export function script(shape: LogShape): fc.Arbitrary<Script> {
  return fc.record({
    places: fc.array(place(shape), {
      minLength: shape.guestSectors,
      maxLength: shape.guestSectors,
    }),
    recovery: fc.array(scriptStep(shape), { maxLength: 5 }),
    writing: fc.array(scriptStep(shape), { maxLength: 2 }),
    readsBackwards: fc.boolean(),
    sectorsInUse: fc.integer({ min: 1, max: shape.fileSectors }),
    postRecoveryWrites: fc.array(
      fc.record({ sector: fc.nat(shape.guestSectors - 2), count: fc.integer({ min: 1, max: 2 }) }),
      { maxLength: 2 },
    ),
    allocationUnitBytes: fc.constantFrom(SECTOR, 2 * SECTOR),
    hasFingerprint: fc.boolean(),
  });
}
