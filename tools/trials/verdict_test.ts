import { assertEquals } from "@std/assert";
import type { Region } from "./regions.ts";
import type { Examination, ExaminationPlan, ReadResult } from "./examine.ts";
import { checkExamination, DRIVER_CLASSES } from "./verdict.ts";
import { probesAt } from "./workloads.ts";

const REGION: Region = { offsetBytes: 4096, lengthBytes: 1024, patterns: new Set([0, 1, 2]) };
const PLAN: ExaminationPlan = { regions: [REGION], probes: probesAt([2 ** 20]) };
const [{ pattern: PROBED }] = PLAN.probes;

const reads = (pattern: number): ReadResult => ({ kind: "pattern", pattern });

/** All is well: the region holds the newest of its values. */
const FINE: Examination = {
  opens: "at once",
  check: { corruptions: 0, leaks: 0 },
  regions: [reads(2)],
  later: [reads(2)],
  probes: [reads(PROBED)],
  probeErrors: [],
};

/** The classes that show; 1 and 2 are permitted. */
function classesOf(change: Partial<Examination>): string[] {
  const values = [1, 2].map((pattern) => new Uint8Array(512).fill(pattern));
  return checkExamination({ ...FINE, ...change }, PLAN, () => values).map(({ kind }) => kind);
}

Deno.test("an image that keeps every promise has no violation", () => {
  assertEquals(classesOf({}), []);
  assertEquals(classesOf({ regions: [reads(1)], later: [reads(1)] }), []);
});

/** For each class a result that only this class objects to. */
const VIOLATING: Readonly<Record<typeof DRIVER_CLASSES[number], Partial<Examination>>> = {
  "tool-crash": { crash: "qemu-io ended by SIGSEGV" },
  "cannot-open": { opens: "never", refusal: "bad magic" },
  "corrupt": { check: { corruptions: 1, leaks: 0 } },
  "wrong-data": { regions: [reads(9)], later: [reads(9)] },
  "aliasing": { later: [reads(PROBED)] },
  "flushed-data-lost": { regions: [reads(0)], later: [reads(0)] },
  "cannot-read": { regions: [{ kind: "error", message: "Input/output error" }] },
  "needs-repair": { opens: "after repair", refusal: "dirty" },
  "leak": { check: { corruptions: 0, leaks: 3 } },
};

for (const kind of DRIVER_CLASSES) {
  Deno.test(`the class ${kind} is reported`, () => {
    assertEquals(classesOf(VIOLATING[kind]), [kind]);
  });
}

Deno.test("one wrong sector among right ones is found", () => {
  const bytes = new Uint8Array(1024).fill(2);
  bytes.fill(9, 512);
  const mixed: ReadResult = { kind: "bytes", bytes };
  assertEquals(classesOf({ regions: [mixed], later: [mixed] }), ["wrong-data"]);
});

Deno.test("a checker that can't check is no clean bill", () => {
  const check = { corruptions: 0, leaks: 0, refusal: "points after EOF" };
  assertEquals(classesOf({ check }), ["corrupt"]);
});

Deno.test("a probe that reads as something else, or can't be written, is found", () => {
  assertEquals(classesOf({ probes: [reads(0)] }), ["aliasing"]);
  assertEquals(classesOf({ probeErrors: ["write failed"] }), ["cannot-read"]);
});

Deno.test("where the promises to the guest are not known, data is only compared with itself", () => {
  assertEquals(
    checkExamination({ ...FINE, regions: [reads(9)], later: [reads(9)] }, PLAN, () => undefined),
    [],
  );
  const changed = checkExamination({ ...FINE, later: [reads(9)] }, PLAN, () => undefined);
  assertEquals(changed.map(({ kind }) => kind), ["aliasing"]);
});
