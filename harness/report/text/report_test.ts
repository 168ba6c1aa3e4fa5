import { assertEquals } from "@std/assert";
import { describeSector } from "../../result/describe_sector.ts";
import type { FoundViolation } from "../../result/exploration.ts";
import { bytesSource, type WriteLog } from "../../log/write_log.ts";
import { formatStates } from "../../result/state_count.ts";
import { textTable } from "./table.ts";
import { timeline } from "./timeline.ts";
import { violationText } from "./violation_text.ts";

const LOG: WriteLog = {
  base: bytesSource(new Uint8Array(0)),
  guestBase: bytesSource(new Uint8Array(0)),
  events: [
    { kind: "write-issued", id: 0, offsetBytes: 0, bytes: new Uint8Array(512), label: "header" },
    { kind: "write-completed", id: 0 },
    { kind: "flush-issued", id: 1, label: "guest" },
    { kind: "flush-completed", id: 1 },
    { kind: "guest-write-begun", id: 2, offsetBytes: 0, bytes: new Uint8Array(1024) },
    { kind: "write-issued", id: 3, offsetBytes: 4096, bytes: new Uint8Array(1024), label: "data" },
    { kind: "write-issued", id: 4, offsetBytes: 512, bytes: new Uint8Array(512), label: "table" },
    { kind: "write-issued", id: 5, offsetBytes: 0, bytes: new Uint8Array(512), label: "header" },
  ],
};
const PERSISTED = [
  { event: 5, offsetBytes: 4096, lengthBytes: 512, label: "data" },
  { event: 6, offsetBytes: 512, lengthBytes: 512, label: "table" },
];

Deno.test("a timeline shows what is durable, what reached the disk, in part, and what is lost", () => {
  assertEquals(
    timeline(LOG, 7, PERSISTED, new Set([5, 6, 7])).split("\n"),
    [
      "    0 =   write 512 bytes at 0 (header)",
      "    2     flush (guest)",
      "    4   guest writes 1024 bytes at 0",
      "    5 ~   write 1024 bytes at 4096 (data)",
      "    6 +   write 512 bytes at 512 (table)",
      "    7 -   write 512 bytes at 0 (header)",
      "      ! crash",
    ],
  );
});

Deno.test("a violation says what is wrong, when the crash came and what reached the disk", () => {
  const violation: FoundViolation = {
    kind: "wrong-data",
    subject: "guest sector 0",
    detail: "guest sector 0 holds zeroes, allowed: 0x01 repeated",
    crashAfterEvent: 6,
    persisted: PERSISTED,
    pendingWrites: 2,
    sizeBytes: 8192,
    choices: [],
    occurrences: 1,
  };
  assertEquals(violationText(violation, LOG).split("\n"), [
    "wrong-data: guest sector 0 holds zeroes, allowed: 0x01 repeated",
    "  crash after event 6, write 512 bytes at 512 (table)",
    "  of 2 pending write(s), these reached the disk (the file has 8192 bytes):",
    "    event 5: data, 512 of 1024 bytes at 4096",
    "    event 6: table, 512 bytes at 512",
  ]);
  const corruption = { ...violation, corruption: { event: 7, fill: "noise" } } as const;
  assertEquals(
    violationText(corruption, LOG).split("\n").at(-1),
    "  event 7 was in flight and left noise all around it",
  );
  const persisted = [{ event: 0, offsetBytes: 512, lengthBytes: 512, label: "table" }];
  const nested = [{ afterEvent: 3, persisted, sizeBytes: 8192, choices: [] }];
  assertEquals(violationText({ ...violation, nested }, LOG).split("\n").slice(5), [
    "  then the power failed again after event 3 of the recovery; these writes reached the disk (the file " +
    "has 8192 bytes):",
    "    event 0 of the recovery: table, 512 bytes at 512",
  ]);
  const early = { ...violation, crashAfterEvent: -1, persisted: [] };
  assertEquals(violationText(early, LOG).split("\n").slice(1), [
    "  crash after nothing at all",
    "  of 2 pending write(s), these reached the disk (the file has 8192 bytes):",
    "    no pending write",
  ]);
});

Deno.test("states are exact while short, and a power of two otherwise", () => {
  assertEquals(formatStates({ exact: "4098", log2: 12.001 }), "4098");
  assertEquals(formatStates({ exact: "26388489447201", log2: 44.585 }), "2^44.6");
  assertEquals(formatStates({ log2: 91.988 }), "2^92.0");
});

Deno.test("a table's columns are as wide as what is in them", () => {
  assertEquals(
    textTable(["name", "n"], [["a", "10"], ["long name", "9"]], { alignRight: [1] }).split("\n"),
    ["name        n", "---------  --", "a          10", "long name   9"],
  );
});

Deno.test("sectors are described by what they repeat or how they begin", () => {
  assertEquals(describeSector(new Uint8Array(512)), "zeroes");
  assertEquals(describeSector(new Uint8Array(512).fill(0xab)), "0xab repeated");
  const counting = Uint8Array.from({ length: 512 }, (_, i) => i);
  assertEquals(describeSector(counting), "00 01 02 03 04 05 06 07 ...");
});
