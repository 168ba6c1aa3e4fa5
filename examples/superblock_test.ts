import { assertEquals } from "@std/assert";
import { explore, SURVIVABLE_PRESETS } from "@powercut/powercut";
import { superblock } from "./superblock.ts";

Deno.test("two slots survive every crash, on every disk that keeps its promises", () => {
  explore(superblock(), { steps: 5 }).assertClean();
  explore(superblock(), { steps: 3, faults: SURVIVABLE_PRESETS }).assertClean();
});

Deno.test("one slot is torn by the first update, and the file does not open", () => {
  const [{ words, violation }] = explore(superblock({ slots: 1 })).findings;
  assertEquals([words, violation.kind, violation.subject], [
    ["write, a whole free unit"],
    "cannot-open",
    "no slot is whole",
  ]);
});

Deno.test("an update that storage refuses leaves the last good version", () => {
  const runTimeFaults = ["write-fails", "write-fails-late", "flush-fails"] as const;
  explore(superblock(), { steps: 3, runTimeFaults }).assertClean();
});

Deno.test("rot of any one bit is noticed, or is in the slot that is not current", () => {
  const write = { kind: "write", offsetBytes: 0, lengthBytes: 512 } as const;
  const workload = [write, { kind: "flush" }] as const;
  const { faults } = explore(superblock(), { workload, runTimeFaults: ["bit-rot"] });
  // The older version is good too, so that losing the current one goes unnoticed.
  assertEquals(faults.map(({ verdict }) => verdict), ["silent"]);
});
