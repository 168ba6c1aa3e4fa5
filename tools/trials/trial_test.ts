import { assertEquals } from "@std/assert";
import type { Examination } from "./examine.ts";
import { examineRepeatedly } from "./trial.ts";

const GOOD: Examination = {
  opens: "at once",
  regions: [],
  later: [],
  probes: [],
  probeErrors: [],
};
const CRASHED: Examination = { ...GOOD, crash: "qemu-nbd ended by SIGABRT" };

/** Examines with these results, one after the other; returns the last, and the sporadic crashes. */
async function examine(...results: readonly Examination[]) {
  const sporadic: string[] = [];
  const left = [...results];
  const next = () => Promise.resolve(left.shift()!);
  const examination = await examineRepeatedly(next, (message) => sporadic.push(message));
  return { examination, sporadic, left: left.length };
}

Deno.test("a tool that crashes each time crashes over the image", async () => {
  const result = await examine(CRASHED, CRASHED, CRASHED, GOOD);
  assertEquals(result, { examination: CRASHED, sporadic: [], left: 1 });
});

Deno.test("a tool that crashes once is run again, and the crash is reported apart", async () => {
  const result = await examine(CRASHED, GOOD, GOOD);
  assertEquals(result, { examination: GOOD, sporadic: ["qemu-nbd ended by SIGABRT"], left: 1 });
  assertEquals(await examine(GOOD), { examination: GOOD, sporadic: [], left: 0 });
});
