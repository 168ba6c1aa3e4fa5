import { assertEquals } from "@std/assert";
import { bytesSource } from "../../harness/log/write_log.ts";
import type { LogEvent } from "../../harness/advanced.ts";
import { submittedEntries } from "./submitted_entries.ts";

const write = (id: number, offsetBytes: number, bytes: Uint8Array): LogEvent => ({
  ...{ kind: "write-issued", id, offsetBytes, bytes, label: "nbd" },
});

Deno.test("each request is an entry of whole sectors, and its events say which one", () => {
  const events: LogEvent[] = [
    write(0, 510, new Uint8Array(4).fill(2)),
    { kind: "flush-issued", id: 1, label: "nbd" },
    write(2, 1024, new Uint8Array(512).fill(3)),
    { kind: "write-completed", id: 0 },
    { kind: "flush-completed", id: 1 },
    { kind: "write-completed", id: 2 },
    { kind: "discarded", offsetBytes: 0, lengthBytes: 512, label: "nbd" },
  ];
  const base = bytesSource(new Uint8Array(2048).fill(1));
  const { entries, entryOfEvent, knowsSubmission } = submittedEntries(events, base);
  assertEquals(knowsSubmission, true);
  assertEquals(entryOfEvent, [0, 1, 2, 0, 1, 2, 3]);
  assertEquals(
    entries.map(({ offsetBytes, lengthBytes, isFlush }) => [offsetBytes, lengthBytes, isFlush]),
    [[0, 1024, false], [0, 0, true], [1024, 512, false], [0, 512, false]],
  );
  // What the write does not touch of its sectors is as it was.
  assertEquals(entries[0].bytes, new Uint8Array(1024).fill(1).fill(2, 510, 514));
  assertEquals(entries[3].bytes, new Uint8Array(512));
});
