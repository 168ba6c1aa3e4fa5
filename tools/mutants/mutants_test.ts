/** The mutation benchmark: its mutants fit and are detected, and an equivalent one is not. */
import { assert, assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import type { Kill, Outcome, SourceMutant } from "./mutant.ts";
import { isPerfect, runMutants } from "./run_mutants.ts";
import { SOURCE_MUTANTS } from "./source_mutants.ts";
import { mutated } from "./source_copy.ts";
import { IS_LONG, sized } from "../../test_support/long.ts";

const NOTHING: SourceMutant = {
  name: "a comment",
  area: "write",
  file: "lib/qed/format/table.ts",
  find: "/** The memory of the table. */",
  replace: "/** Its memory. */",
  why: "It changes nothing.",
};
const KILL: Kill = {
  ...{ trial: "a workload", oracle: "leak", preset: "sectors" },
  ...{ states: 1, milliseconds: 1, requests: 1, persisted: 1 },
};
/** One from every this many is run here; `deno task mutants` runs all. */
const EVERY = sized({ short: SOURCE_MUTANTS.length, long: 12 });

Deno.test("every source mutant fits its file exactly once", () => {
  assertGreaterOrEqual(SOURCE_MUTANTS.length, 40);
  assertEquals(new Set(SOURCE_MUTANTS.map(({ name }) => name)).size, SOURCE_MUTANTS.length);
  for (const mutant of SOURCE_MUTANTS) {
    const source = Deno.readTextFileSync(new URL(`../../${mutant.file}`, import.meta.url));
    assert(mutated(source, mutant) !== source, mutant.name);
  }
});

Deno.test("a mutant that does not fit is refused", () => {
  assertThrows(() => mutated("nothing of the kind", NOTHING), Error, "0 times");
  assertThrows(() => mutated(NOTHING.find.repeat(2), NOTHING), Error, "2 times");
});

Deno.test("source mutants are killed, and nothing is found on the correct driver", async () => {
  const report = await runMutants(SOURCE_MUTANTS.filter((_, at) => at % EVERY === 0));
  assertEquals(report.outcomes.filter(({ kill }) => !kill), []);
  assertEquals(report.falseAlarms, []);
  assert(isPerfect(report));
});

// Nothing ends its trials early, so it takes all of them.
if (IS_LONG) {
  Deno.test("a mutant that changes nothing is not killed, and that is a failure", async () => {
    const report = await runMutants([NOTHING]);
    assertEquals(report.outcomes.map(({ kill }) => kill), [undefined]);
    assertEquals(isPerfect(report), false);
  });
}

Deno.test("a mutant that survives is a failure, and so is a false alarm", () => {
  const survived: Outcome = { name: "a", area: "write", kind: "source" };
  const killed: Outcome = { ...survived, kill: KILL };
  const report = { outcomes: [killed], correctTrials: 1, falseAlarms: [] };
  assert(isPerfect(report));
  assertEquals(isPerfect({ ...report, outcomes: [killed, survived] }), false);
  assertEquals(isPerfect({ ...report, falseAlarms: ["a workload"] }), false);
});
