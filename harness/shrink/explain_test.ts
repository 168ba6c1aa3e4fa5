import { assertEquals } from "@std/assert";
import {
  LYING_FLUSH,
  neighbourCorruption,
  SECTORS,
  TORN_SECTOR,
  WRITES,
} from "../model/presets.ts";
import { explainCarried } from "./explain_testing.ts";

// The guest's sector becomes 8, in sector 2 of the file; then the pointer in sector 0 says 2.
const DATA = [2, 8] as const;
const POINTER = [0, 2] as const;

Deno.test("a flush is missing between two writes", () => {
  const { explanation, text } = explainCarried([{ byte: 8, requests: [DATA, POINTER] }], SECTORS);
  assertEquals(explanation, {
    reached: [3],
    needsSize: false,
    lost: [1],
    missed: [1],
    remedy: { kind: "flush", places: [{ afterEvent: 2, beforeEvent: 3 }] },
  });
  assertEquals(text, [
    "2 in sector 0 (sector 0, event 3) reached the disk; 8 in sector 2 (sector 2, event 1) did not.",
    "8 in sector 2 (sector 2, event 1) must reach the disk before 2 in sector 0 (sector 0, event 3).",
    "A flush is missing after event 2 (write 512 bytes at 1024 (sector 2): completed) and before " +
    "event 3 (write 512 bytes at 0 (sector 0)).",
  ]);
});

Deno.test("a flush is missing before the guest's own is acknowledged", () => {
  const requests = [DATA, "flush", POINTER] as const;
  const { explanation, text } = explainCarried([{ byte: 8, requests, flush: [] }], WRITES);
  assertEquals(explanation.reached, []);
  assertEquals(explanation.missed, [5]);
  assertEquals(explanation.remedy, {
    kind: "flush",
    places: [{ afterEvent: 6, beforeEvent: 9 }],
  });
  assertEquals(
    text[1],
    "2 in sector 0 (sector 0, event 5) must reach the disk before event 9 (guest flushes: " +
      "acknowledged).",
  );
});

Deno.test("a write that comes too late is named, though it was not on its way yet", () => {
  const requests = [POINTER, "flush", DATA] as const;
  const { explanation, text } = explainCarried([{ byte: 8, requests }], SECTORS);
  assertEquals(explanation.missed, []);
  assertEquals(explanation.remedy, { kind: "earlier", event: 5, beforeEvent: 1 });
  assertEquals(
    text.at(-1),
    "8 in sector 2 (sector 2, event 5) comes too late: it must be on disk before event 1 (write " +
      "512 bytes at 0 (sector 0)).",
  );
});

Deno.test("where the wrong thing is written no order helps", () => {
  const requests = [[2, 9], "flush", POINTER, "flush"] as const;
  const { explanation, text } = explainCarried([{ byte: 8, requests }], SECTORS);
  assertEquals(explanation.remedy, { kind: "other writes" });
  assertEquals(
    text.at(-1),
    "No order of the writes prevents it: the violation shows without any crash, with all of them " +
      "on disk.",
  );
});

Deno.test("where the disk is at fault no flush helps", () => {
  const requests = [DATA, "flush", POINTER, "flush"] as const;
  const remedies = [LYING_FLUSH, neighbourCorruption(512)].map((preset) =>
    explainCarried([{ byte: 8, requests }], preset).explanation.remedy
  );
  assertEquals(remedies, [
    { kind: "another disk", reason: "flushes do nothing" },
    { kind: "another disk", reason: "a corrupted neighbourhood" },
  ]);
});

Deno.test("a torn sector is the disk's fault too", () => {
  const requests = [DATA, "flush", POINTER, "flush"] as const;
  const { explanation, text } = explainCarried([{ byte: 8, requests }], TORN_SECTOR);
  assertEquals(explanation.remedy, { kind: "another disk", reason: "a torn sector" });
  assertEquals(
    text.at(-1),
    "No flush prevents it: a sector holds the start of one version and the rest of another.",
  );
});

Deno.test("where no one change is enough, that is said", () => {
  // On its way the pointer leads to what the guest never wrote, whatever the order.
  const requests = [[3, 9], [0, 3], DATA, POINTER] as const;
  const { explanation, text } = explainCarried([{ byte: 8, requests, flush: ["flush"] }], SECTORS);
  assertEquals(explanation.remedy, { kind: "several things" });
  assertEquals(
    text.at(-1),
    "No single added flush or reordered write prevents this failure.",
  );
});

Deno.test("a search for a remedy that is given up says so", () => {
  const { explanation, text } = explainCarried(
    [{ byte: 8, requests: [DATA, POINTER] }],
    SECTORS,
    { maxRecoveries: 1 },
  );
  assertEquals(explanation.remedy, { kind: "unknown" });
  assertEquals(
    text.at(-1),
    "No change that prevents it was found, but not every change of the log was tried.",
  );
});
