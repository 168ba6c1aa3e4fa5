import { assertEquals } from "@std/assert";
import type { Cell } from "./cells.ts";
import type { Examination, Look, Seen } from "./examine.ts";
import { DRIVER_CLASSES, judge } from "./verdict.ts";
import { probesAt } from "./workloads.ts";

const CELL: Cell = { offsetBytes: 4096, lengthBytes: 1024, patterns: new Set([0, 1, 2]) };
const LOOK: Look = { cells: [CELL], probes: probesAt([2 ** 20]) };
const [{ pattern: PROBED }] = LOOK.probes;

const seen = (pattern: number): Seen => ({ kind: "pattern", pattern });

/** All is well: the cell holds the newest of its values. */
const FINE: Examination = {
  opens: "at once",
  check: { corruptions: 0, leaks: 0 },
  cells: [seen(2)],
  later: [seen(2)],
  probes: [seen(PROBED)],
  probeErrors: [],
};

/** The classes that show; 1 and 2 are permitted. */
function classesOf(change: Partial<Examination>): string[] {
  const values = [1, 2].map((pattern) => new Uint8Array(512).fill(pattern));
  return judge({ ...FINE, ...change }, LOOK, () => values).map(({ kind }) => kind);
}

Deno.test("an image that keeps every promise has no violation", () => {
  assertEquals(classesOf({}), []);
  assertEquals(classesOf({ cells: [seen(1)], later: [seen(1)] }), []);
});

/** For each class something that only it objects to. */
const PLANTED: Readonly<Record<typeof DRIVER_CLASSES[number], Partial<Examination>>> = {
  "tool-crash": { crash: "qemu-io ended by SIGSEGV" },
  "cannot-open": { opens: "never", refusal: "bad magic" },
  "corrupt": { check: { corruptions: 1, leaks: 0 } },
  "wrong-data": { cells: [seen(9)], later: [seen(9)] },
  "aliasing": { later: [seen(PROBED)] },
  "flushed-data-lost": { cells: [seen(0)], later: [seen(0)] },
  "cannot-read": { cells: [{ kind: "error", message: "Input/output error" }] },
  "needs-repair": { opens: "after repair", refusal: "dirty" },
  "leak": { check: { corruptions: 0, leaks: 3 } },
};

for (const kind of DRIVER_CLASSES) {
  Deno.test(`planted and found: ${kind}`, () => {
    assertEquals(classesOf(PLANTED[kind]), [kind]);
  });
}

Deno.test("one wrong sector among right ones is found", () => {
  const bytes = new Uint8Array(1024).fill(2);
  bytes.fill(9, 512);
  const mixed: Seen = { kind: "bytes", bytes };
  assertEquals(classesOf({ cells: [mixed], later: [mixed] }), ["wrong-data"]);
});

Deno.test("a checker that can't check is no clean bill", () => {
  const check = { corruptions: 0, leaks: 0, refusal: "points after EOF" };
  assertEquals(classesOf({ check }), ["corrupt"]);
});

Deno.test("a probe that reads as something else, or can't be written, is found", () => {
  assertEquals(classesOf({ probes: [seen(0)] }), ["aliasing"]);
  assertEquals(classesOf({ probeErrors: ["write failed"] }), ["cannot-read"]);
});

Deno.test("where nobody knows what was promised, data is only compared with itself", () => {
  assertEquals(judge({ ...FINE, cells: [seen(9)], later: [seen(9)] }, LOOK, () => undefined), []);
  const changed = judge({ ...FINE, later: [seen(9)] }, LOOK, () => undefined);
  assertEquals(changed.map(({ kind }) => kind), ["aliasing"]);
});
