import { assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import {
  explore,
  type Finding,
  LYING_FLUSH,
  ORDERED,
  replay,
  SECTORS,
  SURVIVABLE_PRESETS,
  TORN_SECTOR,
  WRITES,
} from "@powercut/powercut";
import { subjectOf } from "../harness/format/define_format.ts";
import { assertEnginesAgree } from "../harness/testing/engine_agreement.ts";
import { workloadArbitrary } from "../harness/workload/random_workloads.ts";
import { seededTest } from "../test_support/seeds.ts";
import { CORRECT, keyValueStore } from "./key_value_store.ts";

const UNSUMMED = keyValueStore({ ...CORRECT, checksumsValues: false });
const EAGER = keyValueStore({ ...CORRECT, flushesTable: false });
const wordsOf = ([first]: readonly Finding[]) => first?.words;

Deno.test("the store survives every crash of every short workload", () => {
  explore(keyValueStore(), { steps: 4 }).assertClean();
});

Deno.test("the store survives every disk that keeps its promises", () => {
  explore(keyValueStore(), { steps: 2, faults: SURVIVABLE_PRESETS }).assertClean();
});

Deno.test("a checksum that leaves the value out takes the value of another key", () => {
  const { findings } = explore(UNSUMMED);
  assertEquals(findings.map(({ violation }) => violation.kind), ["wrong-data"]);
  assertEquals(wordsOf(findings), ["write across units", "write across units"]);
});

Deno.test("a log that is emptied before the table is flushed loses a flushed value", () => {
  const { findings } = explore(EAGER);
  assertEquals(wordsOf(findings), ["write, a whole free unit", "flush", "reopen"]);
  const deeper = explore(EAGER, { depth: 2 });
  assertEquals(wordsOf(deeper.findings), ["write, a whole free unit", "flush"]);
});

Deno.test("a generation that is not flushed brings old records back, in four steps", () => {
  const store = keyValueStore({ ...CORRECT, flushesGeneration: false });
  explore(store, { steps: 3 }).assertClean();
  assertEquals(wordsOf(explore(store, { steps: 4 }).findings)?.length, 4);
});

Deno.test("which disks show the bugs: one that tears writes, one that reorders them", () => {
  const models = SURVIVABLE_PRESETS.filter((preset) => preset !== TORN_SECTOR);
  const finds = (store: typeof EAGER) =>
    models.filter((faults) => !explore(store, { faults }).isClean);
  assertEquals(finds(UNSUMMED), [SECTORS]);
  const eager = finds(EAGER);
  assertEquals([SECTORS, WRITES, ORDERED].map((each) => eager.includes(each)), [true, true, false]);
});

Deno.test("a flush that lies is more than a log can cope with", () => {
  const { findings } = explore(keyValueStore(), { steps: 2, faults: LYING_FLUSH });
  assertEquals(wordsOf(findings), ["write, a whole free unit", "flush"]);
  assertEquals(replay(keyValueStore(), findings[0].token).verdict, "violation");
});

Deno.test("the store survives storage that fails, and passes the errors on", () => {
  const runTimeFaults = ["read-fails", "write-fails", "flush-fails", "short-write"] as const;
  const result = explore(keyValueStore(), { steps: 2, runTimeFaults });
  result.assertClean();
  assertEquals(result.faults.map(({ verdict }) => verdict), result.faults.map(() => "survives"));
});

seededTest("the store survives every crash of random workloads", (seed) => {
  const random = { seed, count: 60, maxSteps: 12 };
  explore(keyValueStore(), { random, faults: [SECTORS, WRITES] }).assertClean();
});

seededTest("both engines find the same in the store", (seed) => {
  const stores = [keyValueStore(), UNSUMMED, EAGER].map(subjectOf);
  const workloads = workloadArbitrary(stores[0].shape, { maxSteps: 3, swarm: false });
  const cases = fc.record({
    workload: workloads,
    store: fc.constantFrom(...stores),
    preset: fc.constantFrom(SECTORS, WRITES, ORDERED),
  });
  fc.assert(
    fc.property(cases, ({ workload, store, preset }) => {
      const { log, target, guestBytes } = store.subject.record(workload.steps);
      assertEnginesAgree({ log, target, preset, guestBytes });
    }),
    { seed, numRuns: 60 },
  );
});

Deno.test("the store has 60 lines of code, and 15 bind it to the harness", () => {
  const code = Deno.readTextFileSync(new URL("key_value_store.ts", import.meta.url));
  const linesFrom = (start: string, end: string) => {
    const part = code.slice(code.indexOf(start), code.indexOf(end));
    return part.split("\n").filter((line) => line.trim() !== "").length;
  };
  assertLess(linesFrom("const SECTOR", "/** The store as a format"), 61);
  assertLess(linesFrom("/** The store as a format", "if (import.meta.main)"), 16);
});
