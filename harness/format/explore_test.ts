import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { CORRECT, keyValueStore } from "../../examples/key_value_store.ts";
import { SECTORS, SURVIVABLE_PRESETS } from "../model/presets.ts";
import { defineFormat } from "./define_format.ts";
import { explore } from "./explore.ts";
import { ExploreOptionError, type ExploreOptions } from "./explore_options.ts";
import type { Finding } from "./finding.ts";
import { read } from "./requests.ts";
import { mapFormat, rawDefinition, rawFormat, writeAt } from "./toy_formats_testing.ts";

const EAGER = keyValueStore({ ...CORRECT, flushesTable: false });
const kindsOf = (findings: readonly Finding[]) => findings.map(({ violation }) => violation.kind);

Deno.test("every engine finds a flush that is not there, and nothing in a disk that flushes", () => {
  for (const engine of ["lazy", "brute", "sampled", "deepening"] as const) {
    const samples = engine === "sampled" ? { samples: 20 } : {};
    const options = { engine, steps: 2, ...samples };
    const careless = explore(rawFormat({ skipsFlush: true }), options);
    assertEquals([careless.verdict, ...kindsOf(careless.findings)], ["violation", "wrong-data"]);
    assertEquals(careless.findings[0].words, ["write, a whole free unit", "flush"]);
    const good = explore(rawFormat(), options);
    assertEquals([good.verdict, good.coverage.engine], ["clean", engine]);
    assertEquals(good.coverage.isComplete, engine !== "sampled", engine);
  }
});

Deno.test("the lazy engine and brute force agree on verdicts and states", () => {
  for (const format of [rawFormat(), mapFormat(), mapFormat({ skipsFlush: true })]) {
    const options = { steps: 2, continueAfterFailure: true };
    const lazy = explore(format, options);
    const brute = explore(format, { ...options, engine: "brute" });
    assertEquals(kindsOf(lazy.findings), kindsOf(brute.findings));
    assertEquals(lazy.coverage.states, brute.coverage.states);
  }
});

Deno.test("several fault models are explored, by name or as presets", () => {
  const all = explore(rawFormat(), { steps: 2, faults: SURVIVABLE_PRESETS });
  assertEquals(all.coverage.faults, SURVIVABLE_PRESETS.map(({ name }) => name));
  assert(all.isClean);
  const lying = explore(rawFormat(), { faults: ["sectors", "lying-flush"] });
  assertEquals(lying.findings.map(({ preset }) => preset), ["lying-flush"]);
});

Deno.test("one workload, or random ones, in place of all short ones", () => {
  const given = explore(EAGER, { workload: [writeAt(0), { kind: "flush" }, { kind: "reopen" }] });
  assertEquals([given.verdict, given.coverage.workloads], ["violation", 1]);
  const options = { random: { count: 40, maxSteps: 6, seed: 3 } };
  const random = explore(EAGER, options);
  assertEquals(random.verdict, "violation");
  assertEquals(random.toString(), explore(EAGER, options).toString());
  assertEquals(explore(keyValueStore(), options).coverage.workloads, 40);
});

Deno.test("with two crashes in a row recovery is cut short, and a bug shows with a step less", () => {
  assertEquals(explore(EAGER, { depth: 2 }).findings[0].words, [
    "write, a whole free unit",
    "flush",
  ]);
  assert(explore(keyValueStore(), { depth: 2, steps: 2 }).isClean);
});

Deno.test("the shards of an exploration are all of it, each workload once", () => {
  const whole = explore(mapFormat());
  const shards = ["1/3", "2/3", "3/3"].map((shard) => explore(mapFormat(), { shard }));
  assertEquals(shards.map(({ verdict }) => verdict), ["clean", "clean", "clean"]);
  assertEquals(shards.map(({ coverage }) => coverage.isComplete), [false, false, false]);
  const sum = shards.reduce((sum, { coverage }) => sum + coverage.workloads, 0);
  assertEquals(sum, whole.coverage.workloads);
  const states = shards.reduce((sum, { coverage }) => sum + Number(coverage.states.exact), 0);
  assertEquals(`${states}`, whole.coverage.states.exact);
  assertEquals(shards[1].coverage.shard, "2/3");
});

Deno.test("a budget ends a search, and what is missing is said", () => {
  let milliseconds = 0;
  const now = () => milliseconds++;
  for (const engine of ["lazy", "brute", "sampled", "deepening"] as const) {
    milliseconds = 0;
    const { verdict, coverage } = explore(rawFormat(), {
      ...{ engine, budget: 200, now },
      ...(engine === "sampled" && { samples: 20 }),
    });
    assertEquals([verdict, coverage.stopped, coverage.isComplete], ["incomplete", "budget", false]);
    assertGreater(coverage.ofWorkloads, coverage.workloads);
  }
  milliseconds = 0;
  const one = explore(keyValueStore(), { workload: [writeAt(0), writeAt(1)], budget: 5, now });
  assertEquals([one.verdict, one.coverage.stopped], ["incomplete", "budget"]);
  milliseconds = 0;
  const faulty = { budget: 200, now, runTimeFaults: ["write-fails"] } as const;
  assertEquals(explore(rawFormat(), faulty).coverage.stopped, "budget");
});

Deno.test("progress is reported before each workload", () => {
  const reports: number[] = [];
  const { coverage } = explore(rawFormat(), {
    steps: 2,
    onProgress: ({ workloads, findings, next }) => {
      reports.push(workloads);
      assertEquals(findings, 0);
      assertGreater(next.length, 0);
    },
  });
  assertEquals(reports, Array.from({ length: coverage.workloads }, (_, i) => i));
});

Deno.test("after a failure the search ends, or goes on to one of each kind", () => {
  const first = explore(EAGER, { faults: "lying-flush" });
  assertEquals([first.findings.length, first.coverage.stopped], [1, "finding"]);
  const all = explore(EAGER, { faults: "lying-flush", continueAfterFailure: true });
  assertEquals(all.coverage.stopped, undefined);
  assertGreater(all.coverage.workloads, first.coverage.workloads);
});

Deno.test("requests in flight together show a race that none does alone", () => {
  const racing = mapFormat({ takesPlaceLate: true });
  const workload = [writeAt(0), writeAt(1), { kind: "flush" }] as const;
  assert(explore(racing, { workload }).isClean);
  for (const concurrent of [true, { samples: 50 }]) {
    const { findings, coverage } = explore(racing, { workload, concurrent });
    assertEquals(findings[0]?.violation.kind, "wrong-data");
    assertGreater(coverage.schedules, 1);
  }
  const good = explore(mapFormat(), { workload, concurrent: true });
  assertEquals([good.verdict, good.coverage.isComplete], ["clean", true]);
  const cut = explore(mapFormat(), { workload, concurrent: { maxSchedules: 2 } });
  assertEquals([cut.verdict, cut.coverage.stopped], ["incomplete", "schedules"]);
});

Deno.test("storage that fails shows what a format makes of that", () => {
  const options = { steps: 2, runTimeFaults: ["flush-fails"] } as const;
  const ignoring = explore(rawFormat({ ignoresFailedFlush: true }), options);
  assertEquals(ignoring.findings.map(({ kind }) => kind), ["crash"]);
  assertEquals(ignoring.faults.map(({ fault, verdict }) => [fault, verdict]), [
    ["flush-fails", "silent"],
  ]);
  const told = explore(rawFormat(), options);
  assertEquals(told.verdict, "clean");
  assertGreater(told.faults[0].refused, 0);
  const blind = rawFormat({ ignoresFailedRead: true });
  const reads = explore(blind, { steps: 1, runTimeFaults: ["read-fails"] });
  assertEquals(reads.findings.map(({ kind }) => kind), ["session"]);
});

Deno.test("bits that rot are noticed by checksums, and by nothing else", () => {
  const options = {
    workload: [writeAt(0), { kind: "flush" }],
    runTimeFaults: ["bit-rot"],
  } as const;
  const raw = explore(rawFormat(), options);
  assertEquals(raw.findings.map(({ kind }) => kind), ["bit-rot"]);
  assertEquals(raw.faults[0].verdict, "silent");
});

Deno.test("a workload that is refused without any crash is a finding", () => {
  const { findings } = explore(rawFormat({ refusesLong: true }));
  const [{ kind, words, violation }] = findings;
  assertEquals([kind, words, violation.detail], ["refused", ["write across units"], "too long"]);
  const options = { workload: [writeAt(0), writeAt(0, 2)], concurrent: true } as const;
  assertEquals(explore(rawFormat({ refusesLong: true }), options).findings[0].kind, "refused");
});

Deno.test("workers search the same, for a format from a module", async () => {
  const module = import.meta.resolve("../../examples/all_formats_testing.ts");
  const workload = Array.from({ length: 8 }, (_, i) => writeAt(i));
  for (const [name, format] of [["STORE", keyValueStore()], ["EAGER_STORE", EAGER]] as const) {
    const options = { workload: [...workload, { kind: "reopen" } as const] };
    const there = await explore({ module, export: name }, { ...options, workers: 2 });
    assertEquals(there.toString(), explore(format, options).toString());
  }
  await assertRejects(() => explore({ module, export: "NONE" }), TypeError, "'NONE'");
  await assertRejects(() => explore({ module, export: "NO_FORMAT" }), TypeError, "defineFormat");
});

Deno.test("options that have no meaning are refused, all in the same words", () => {
  const workload = [writeAt(0)];
  const cases: readonly (readonly [unknown, string])[] = [
    [{ steps: 0 }, "'steps' is 0: must be a whole number from 1 to 64"],
    [{ steps: 1.5 }, "'steps' is 1.5: must be"],
    [{ depth: 9 }, "'depth' is 9: must be a whole number from 1 to 8"],
    [{ engine: "fast" }, "'engine' is 'fast': must be one of lazy, brute, sampled, deepening"],
    [{ budget: "soon" }, "'budget' is 'soon': must be milliseconds above 0"],
    [{ budget: 0 }, "'budget' is 0: must be"],
    [{ faults: "none" }, "'faults' is 'none': must be one of ordered, writes"],
    [{ faults: [] }, "'faults' is []: must be at least one"],
    [{ faults: { ...SECTORS, unit: 1024 } }, "'faults' is 'sectors': must be one of"],
    [{ shard: "4/3" }, "'shard' is '4/3': must be a part of a whole"],
    [{ random: { count: 0 } }, "'random.count' is 0: must be"],
    [{ workload: [] }, "'workload' is []: must be a list of steps"],
    [
      { workload: [{ kind: "write", at: 0 }] },
      "'workload[0]' is a step 'write' without 'offsetBytes'",
    ],
    [
      { workload: [{ ...writeAt(0), offset: 0 }] },
      "'workload[0]' is a step 'write' with 'offset': must be one of kind, offsetBytes, lengthBytes",
    ],
    [{ workload: [{ kind: "flush", at: 0 }] }, "'workload[0]' is a step 'flush' with 'at'"],
    [
      { random: { count: 1, maxStep: 3 } },
      "'random.maxStep' is not an option: must be one of count",
    ],
    [{ random: 3 }, "'random' is 3: must be an object"],
    [{ concurrent: { sample: 1 } }, "'concurrent.sample' is not an option: must be one of samples"],
    [{ workload: [writeAt(9)] }, "'workload[0]' is 512 bytes at 4608: the disk ends at 2048"],
    [{ workload: [{ kind: "grow" }] }, "'workload[0]' is a step 'grow', which needs the method"],
    [{ workload, steps: 2 }, "'workload' cannot be combined with 'steps'"],
    [{ workload, random: { count: 1 } }, "'workload' cannot be combined with 'random'"],
    [{ workload, shard: "1/2" }, "'shard' cannot be combined with 'workload'"],
    [{ runTimeFaults: "all", concurrent: true }, "'runTimeFaults' cannot be combined with"],
    [{ runTimeFaults: ["rust"] }, "'runTimeFaults' is 'rust': must be one of"],
    [{ runTimeFaults: ["bit-rot"] }, "the run-time fault 'bit-rot' needs 'workload'"],
    [{ samples: 10 }, "'samples' needs the engine 'sampled' or 'deepening'"],
    [{ seed: 1 }, "'seed' needs the engine 'sampled'"],
    [{ concurrent: { seed: 1 } }, "'concurrent.seed' needs 'concurrent.samples'"],
    [{ workers: 2, engine: "brute" }, "'workers' cannot be combined with the engine 'brute'"],
    [{ workers: 2 }, "'workers' needs a format from a module"],
    [{ step: 2 }, "'step' is not an option: must be one of steps"],
  ];
  for (const [options, message] of cases) {
    const error = assertThrows(
      () => explore(rawFormat(), options as ExploreOptions),
      ExploreOptionError,
    );
    assertStringIncludes(error.message, `Cannot explore 'raw': ${message}`);
  }
});

Deno.test("what the format's code throws, and is no refusal, names the workload", () => {
  const broken = defineFormat({
    ...rawDefinition(),
    *open() {
      const [first] = yield* read(0, 512);
      if (first === 0xa0) throw new TypeError("oops");
    },
  });
  const error = assertThrows(() => explore(broken), Error);
  assertStringIncludes(
    error.message,
    "Cannot explore 'raw': target 'raw' threw an unexpected error: TypeError: oops",
  );
  assertStringIncludes(error.message, 'in the workload [{"kind":"write","offsetBytes":0');
});

Deno.test("a method that is no generator, and a yield without its star, are named", () => {
  const messages = (changes: object) =>
    assertThrows(() => explore(defineFormat({ ...rawDefinition(), ...changes })), Error).message;
  assertStringIncludes(messages({ open: () => undefined }), "'open' did not return an operation");
  assertStringIncludes(
    messages({ write: async () => {} }),
    "'write' did not return an operation: it must be a generator, *write()",
  );
  assertStringIncludes(messages({ async *flush() {} }), "'flush' did not return an operation");
  const starless = {
    *write() {
      yield read(0, 512);
    },
  };
  assertStringIncludes(messages(starless), "operations inside it need 'yield*'");
});
