import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SECTORS, violationKey } from "../../harness/advanced.ts";
import { repairImage, STRICT } from "../../lib/mod.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { aliased, crashed, duringCheck, type Setting } from "../background_check.ts";
import { explore } from "../qed/scenario.ts";
import { CLUSTER, PER_L2_TABLE } from "../qed/sizes.ts";
import { FLUSH, operate, write } from "../qed/workload.ts";

function violationsOf(setting: Setting): string[] {
  return explore({ ...setting, profile: STRICT, expected: "clean" }).violations.map(violationKey);
}

Deno.test("a mutant is detected: a check that lets allocations proceed", () => {
  const check = operate((image) => repairImage(image, { corruptions: true, leaks: false }));
  const kinds = new Set(
    Array.from({ length: 40 }, (_, seed) => {
      const how = { name: "mutant", damage: crashed, check, schedule: { seed } };
      return violationsOf(duringCheck(how, write(9 * CLUSTER, 512)));
    }).flat(),
  );
  assert([...kinds].some((key) => key.includes("aliasing")), [...kinds].join());
});

/** Writes to allocated, shared, dead and unallocated clusters, without overlaps. */
const PLACES = [
  512,
  PER_L2_TABLE + 1024,
  PER_L2_TABLE + 70 * CLUSTER,
  3 * CLUSTER,
  9 * CLUSTER,
  PER_L2_TABLE + 2 * CLUSTER,
];
const REQUESTS = fc.record({
  places: fc.uniqueArray(fc.constantFrom(...PLACES), { minLength: 1, maxLength: 4 }),
  flushes: fc.boolean(),
  isAliased: fc.boolean(),
  order: fc.array(fc.nat(1000), { minLength: 5, maxLength: 60 }),
});

seededTest("a check in the background survives every crash, in random orders", (seed) => {
  fc.assert(
    fc.property(REQUESTS, ({ places, flushes, isAliased, order }) => {
      let at = 0;
      const setting = duringCheck(
        {
          name: "random",
          damage: isAliased ? aliased : crashed,
          schedule: (count) => (order[at++] ?? 0) % count,
        },
        ...places.map((offsetBytes) => write(offsetBytes, 512)),
        ...(flushes ? [FLUSH] : []),
      );
      assertEquals(setting.preset, SECTORS);
      assertEquals(violationsOf(setting), []);
    }),
    { seed, numRuns: sized({ short: 15, long: 60 }) },
  );
});
