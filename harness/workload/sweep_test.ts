import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SECTORS, WRITES } from "../model/presets.ts";
import { allWorkloads } from "./all_workloads.ts";
import { SMALL_SHAPE } from "./disk_shape_testing.ts";
import { rawDisk, RefusedError } from "./raw_disk_testing.ts";
import { sweep } from "./sweep.ts";
import { givenWorkload } from "./workload_source.ts";

const ALL = allWorkloads(SMALL_SHAPE, 3);

Deno.test("a sweep of a correct subject runs every workload under every preset", () => {
  const progress: number[] = [];
  const result = sweep(rawDisk(), ALL, {
    presets: [SECTORS, WRITES],
    onProgress: (done) => progress.push(done),
  });
  assertEquals([result.verdict, result.failing, result.findings], ["clean", 0, []]);
  assertEquals(result.coverage, { origin: ALL.origin, workloads: ALL.count() });
  assertEquals(progress, Array.from({ length: ALL.count() }, (_, i) => i));
  assertEquals(result.presets, ["sectors", "writes"]);
});

Deno.test("states and recoveries are those of the explorations, added up", () => {
  const steps = [{ kind: "write", offsetBytes: 0, lengthBytes: 512 }] as const;
  const once = sweep(rawDisk(), givenWorkload(steps), { presets: [SECTORS] });
  // Nothing begun, begun, then twice old or new until the write completed, and acknowledged.
  assertEquals(once.states.exact, "8");
  const twice = sweep(rawDisk(), givenWorkload(steps), { presets: [SECTORS, SECTORS] });
  assertEquals(twice.states.exact, "16");
  assertEquals(twice.recoveries, 2 * once.recoveries);
});

Deno.test("a bug is found with the shortest workload, and the sweep stops and says so", () => {
  const result = sweep(rawDisk({ swallowsFlushes: true }), ALL, { presets: [SECTORS] });
  assertEquals(result.verdict, "violation");
  const [finding] = result.findings;
  assertEquals(finding.words, ["write, a whole free unit", "flush"]);
  assertEquals(finding.kind === "crash" && finding.violation.kind, "wrong-data");
  assertEquals(result.coverage.stopped, { by: "first finding", of: ALL.count() });
});

Deno.test("a sweep that goes on counts what fails and keeps one finding of each kind", () => {
  const options = { presets: [SECTORS], continueAfterFailure: true };
  const result = sweep(rawDisk({ swallowsFlushes: true }), ALL, options);
  assertEquals(result.coverage, { origin: ALL.origin, workloads: ALL.count() });
  assertEquals(result.findings.length, 1);
  // Every one with a flush in it: a write comes before any.
  const withFlush = [...ALL.workloads].filter(({ words }) => words.includes("flush"));
  assertEquals(result.failing, withFlush.length);
});

Deno.test("a workload that is refused without any crash is a finding", () => {
  const subject = rawDisk({ throws: new RefusedError("two sectors") });
  const { verdict, findings } = sweep(subject, ALL, { presets: [SECTORS] });
  assertEquals(verdict, "violation");
  const [finding] = findings;
  assertEquals(finding.words, ["write across units"]);
  assertEquals(finding.kind === "refused" && finding.refusal.detail, "refused: two sectors");
});

Deno.test("a program's bug stops the sweep, and the workload is named", () => {
  const subject = rawDisk({ throws: new TypeError("oops") });
  const error = assertThrows(() => sweep(subject, ALL, { presets: [SECTORS] }), Error);
  assertStringIncludes(error.message, '[{"kind":"write","offsetBytes":0,"lengthBytes":1024}]');
  assertEquals((error.cause as Error).message, "oops");
});

Deno.test("a budget of workloads or of time stops a sweep, and what is missing is said", () => {
  const of = ALL.count();
  const few = sweep(rawDisk(), ALL, { presets: [SECTORS], maxWorkloads: 5 });
  assertEquals(few.coverage.stopped, { by: "workload budget", of });
  assertEquals(few.coverage.workloads, 5);
  let milliseconds = 0;
  const time = { maxMilliseconds: 10, now: () => milliseconds++ };
  const short = sweep(rawDisk(), ALL, { presets: [SECTORS], time });
  assertEquals(short.coverage.stopped, { by: "time budget", of });
  assertEquals(short.coverage.workloads, 9);
});
