import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { SECTORS, violationKey } from "../../harness/mod.ts";
import { STRICT } from "../../lib/mod.ts";
import { HARMLESS_CHANGES, type Plant, PLANTED_BUGS, SEPARATE_FILL } from "../qed/planted_bugs.ts";
import { exploreByName, WORKLOAD_NAMES, type WorkloadName } from "../qed/test_workloads.ts";

function explore(name: WorkloadName, { plant, profile = STRICT }: Plant) {
  return exploreByName(name, SECTORS, { profile, ...(plant && { filters: [plant()] }) });
}

Deno.test("at least 14 ways to get the order wrong are planted, under different names", () => {
  assertGreaterOrEqual(PLANTED_BUGS.length, 14);
  assertEquals(new Set(PLANTED_BUGS.map(({ name }) => name)).size, PLANTED_BUGS.length);
});

for (const bug of PLANTED_BUGS) {
  Deno.test(`planted and found: ${bug.name}`, () => {
    assert(Object.keys(bug.foundOn).length > 0);
    for (const [name, kind] of Object.entries(bug.foundOn)) {
      const { violations } = explore(name as WorkloadName, bug);
      const kinds = new Set(violations.map((violation) => violation.kind));
      assert(kinds.has(kind), `${name}: found ${[...kinds].join() || "nothing"}, not ${kind}`);
    }
  });
}

// Without a filter, and over every workload: what is found above is there because it was planted.
for (const profile of [STRICT, SEPARATE_FILL]) {
  Deno.test(`nothing is reported on the correct driver (${profile.name})`, () => {
    for (const name of WORKLOAD_NAMES) {
      const { violations } = explore(name, { name: "nothing planted", profile });
      assertEquals(violations.map(violationKey), [], name);
    }
  });
}

for (const change of HARMLESS_CHANGES) {
  Deno.test(`harmless, as far as every crash state shows: ${change.name}`, () => {
    for (const name of WORKLOAD_NAMES) {
      if (change.exceptOn?.includes(name)) continue;
      assertEquals(explore(name, change).violations.map(violationKey), [], name);
    }
  });
}
