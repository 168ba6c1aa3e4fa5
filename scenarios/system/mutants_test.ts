import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { SECTORS, violationKey } from "../../harness/advanced.ts";
import { STRICT } from "../../lib/mod.ts";
import { EQUIVALENT_MUTANTS } from "../qed/mutants/equivalent_mutants.ts";
import { type Mutant, SEPARATE_FILL } from "../qed/mutants/mutant.ts";
import { MUTANTS } from "../qed/mutants/mutants.ts";
import { exploreWorkload, WORKLOAD_NAMES, type WorkloadName } from "../qed/mutants/workloads.ts";
import { sized } from "../../test_support/long.ts";

function explore(name: WorkloadName, { filter, profile = STRICT }: Mutant) {
  return exploreWorkload(name, SECTORS, { profile, ...(filter && { filters: [filter()] }) });
}

Deno.test("there are at least 14 mutants, each with a name of its own", () => {
  assertGreaterOrEqual(MUTANTS.length, 14);
  assertEquals(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});

for (const mutant of MUTANTS) {
  Deno.test(`detected: ${mutant.name}`, () => {
    assert(Object.keys(mutant.detectedOn).length > 0);
    for (const [name, kind] of Object.entries(mutant.detectedOn)) {
      const { violations } = explore(name as WorkloadName, mutant);
      const kinds = new Set(violations.map((violation) => violation.kind));
      assert(kinds.has(kind), `${name}: found ${[...kinds].join() || "nothing"}, not ${kind}`);
    }
  });
}

// The control group: without a filter, no workload shows a violation.
for (const profile of [STRICT, SEPARATE_FILL]) {
  Deno.test(`the correct driver shows no violation (${profile.name})`, () => {
    for (const name of WORKLOAD_NAMES) {
      const { violations } = explore(name, { name: "correct", profile });
      assertEquals(violations.map(violationKey), [], name);
    }
  });
}

/** Each equivalent mutant meets one workload of so many, and each workload meets some mutant. */
const EVERY = sized({ short: 4, long: 1 });

for (const [number, mutant] of EQUIVALENT_MUTANTS.entries()) {
  Deno.test(`equivalent in every crash state: ${mutant.name}`, () => {
    for (const name of WORKLOAD_NAMES.filter((_, at) => at % EVERY === number % EVERY)) {
      if (mutant.exceptOn?.includes(name)) continue;
      assertEquals(explore(name, mutant).violations.map(violationKey), [], name);
    }
  });
}
