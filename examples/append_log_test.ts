import { assertEquals, assertThrows } from "@std/assert";
import { explore, NotCleanError, SURVIVABLE_PRESETS } from "@powercut/powercut";
import { appendLog } from "./append_log.ts";

Deno.test("the log survives every crash, on every disk that keeps its promises", () => {
  explore(appendLog(), { steps: 3 }).assertClean();
  explore(appendLog(), { steps: 2, faults: SURVIVABLE_PRESETS }).assertClean();
});

Deno.test("the log survives a recovery that is cut short", () => {
  explore(appendLog(), { steps: 2, depth: 2 }).assertClean();
});

Deno.test("the log survives requests in flight together", () => {
  const workload = [
    { kind: "write", offsetBytes: 0, lengthBytes: 512 },
    { kind: "write", offsetBytes: 512, lengthBytes: 512 },
    { kind: "flush" },
  ] as const;
  explore(appendLog(), { workload, concurrent: true }).assertClean();
});

Deno.test("without checksums over the data a torn record is taken for whole", () => {
  const torn = explore(appendLog({ checksData: false }));
  assertEquals(torn.findings[0].words, [
    "write, a whole free unit",
    "flush",
    "write, a whole free unit",
  ]);
  assertThrows(() => torn.assertClean(), NotCleanError, "512 of 1024 bytes of the write");
});
