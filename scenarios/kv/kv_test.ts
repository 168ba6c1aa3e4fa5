import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { assertEnginesAgree } from "../../harness/testing/engine_agreement.ts";
import {
  allWorkloads,
  ORDERED,
  randomWorkloads,
  SECTORS,
  SURVIVABLE_PRESETS,
  sweep,
  TORN_SECTOR,
  WRITES,
} from "../../harness/mod.ts";
import { workloadArbitrary } from "../../harness/workload/random_workloads.ts";
import { sized } from "../../test_support/long.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { crash } from "./crash.ts";
import { CORRECT, type Rules } from "./store.ts";
import { STORE_SHAPE, storeSubject } from "./subject.ts";

const FOLDER = new URL("./", import.meta.url);
const PAGE = Deno.readTextFileSync(new URL("../../docs/test-your-own-format.md", FOLDER));
const UNSUMMED: Rules = { ...CORRECT, checksumsValues: false };
const EAGER: Rules = { ...CORRECT, flushesTable: false };

for (const name of ["store.ts", "subject.ts", "crash.ts"]) {
  Deno.test(`the tutorial shows ${name} as it is`, () => {
    const code = Deno.readTextFileSync(new URL(name, FOLDER));
    assertStringIncludes(PAGE, `\`\`\`ts\n${code.replaceAll('"./', '"../scenarios/kv/')}\`\`\``);
  });
}

for (const rules of [UNSUMMED, EAGER, CORRECT]) {
  Deno.test(`the tutorial prints the report of ${JSON.stringify(rules)}`, () => {
    assertStringIncludes(PAGE, crash(rules).split("\n").map((line) => `    ${line}`).join("\n"));
  });
}

Deno.test("the store is bound to the harness in fewer than a hundred lines", () => {
  const code = Deno.readTextFileSync(new URL("subject.ts", FOLDER));
  assertLess(code.split("\n").length, 100);
});

Deno.test("the store survives every crash of every short workload", () => {
  const store = storeSubject(CORRECT);
  const longest = sized({ short: 3, long: 4 });
  const all = sweep(store, allWorkloads(STORE_SHAPE, longest), { presets: [SECTORS] });
  assertEquals([all.findings, all.coverage.stopped], [[], undefined]);
  const shorter = allWorkloads(STORE_SHAPE, longest - 1);
  assertEquals(sweep(store, shorter, { presets: SURVIVABLE_PRESETS }).findings, []);
});

Deno.test("a recovery that is cut short shows a bug with a step less", () => {
  const shortest = (rules: Rules, depth: number) => {
    const options = { presets: [SECTORS], depth };
    return sweep(storeSubject(rules), allWorkloads(STORE_SHAPE, 3), options).findings[0]?.words;
  };
  assertEquals(shortest(EAGER, 1), ["write, a whole free unit", "flush", "reopen"]);
  assertEquals(shortest(EAGER, 2), ["write, a whole free unit", "flush"]);
  assertEquals(shortest(CORRECT, 2), undefined);
});

seededTest("the store survives every crash of random workloads", (seed) => {
  const store = storeSubject(CORRECT);
  const random = randomWorkloads(STORE_SHAPE, {
    seed,
    count: sized({ short: 25, long: 100 }),
    maxSteps: 12,
    swarm: true,
  });
  assertEquals(sweep(store, random, { presets: [SECTORS, WRITES] }).findings, []);
});

Deno.test("which disks show the bugs: one that tears writes, one that reorders them", () => {
  const finds = (rules: Rules) =>
    SURVIVABLE_PRESETS.filter((preset) => preset !== TORN_SECTOR).filter((preset) =>
      sweep(storeSubject(rules), allWorkloads(STORE_SHAPE, 3), { presets: [preset] }).failing > 0
    );
  assertEquals(finds(UNSUMMED), [SECTORS]);
  const eager = finds(EAGER);
  assert(eager.includes(SECTORS) && eager.includes(WRITES) && !eager.includes(ORDERED));
});

seededTest("both engines find the same in the store", (seed) => {
  const workloads = workloadArbitrary(STORE_SHAPE, { maxSteps: 3, swarm: false });
  const cases = fc.record({
    workload: workloads,
    rules: fc.constantFrom(CORRECT, UNSUMMED, EAGER),
    preset: fc.constantFrom(SECTORS, WRITES, ORDERED),
  });
  fc.assert(
    fc.property(cases, ({ workload, rules, preset }) => {
      const { log, target, guestBytes } = storeSubject(rules).record(workload.steps);
      assertEnginesAgree({ log, target, preset, guestBytes });
    }),
    { seed, numRuns: sized({ short: 20, long: 60 }) },
  );
});
