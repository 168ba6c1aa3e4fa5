import { assertEquals, assertThrows } from "@std/assert";
import { encodeDmLog, eventsOf, parseDmLog } from "./dm_log_writes.ts";
import { LogFormatError } from "./log_format_error.ts";

const SECTOR = 512;
const bytes = new Uint8Array(2 * SECTOR).fill(7);

Deno.test("entries come back as they were written", () => {
  const entries = parseDmLog(encodeDmLog([
    { offsetBytes: 3 * SECTOR, bytes },
    { isFlush: true },
    { offsetBytes: SECTOR, bytes, isForced: true },
    { offsetBytes: 0, lengthBytes: 8 * SECTOR, isDiscard: true },
    { mark: "here" },
  ]));
  assertEquals(entries.map((entry) => entry.logOffsetBytes), [512, 2048, 2560, 4096, 4608]);
  assertEquals(entries[0].bytes, bytes);
  assertEquals(entries[2].isForced, true);
  assertEquals([entries[3].isDiscard, entries[3].lengthBytes], [true, 8 * SECTOR]);
  assertEquals(entries[4].mark, "here");
});

Deno.test("a flush entry covers what came before it, not the write it carries", () => {
  const [entry] = parseDmLog(encodeDmLog([{ isFlush: true, offsetBytes: 0, bytes }]));
  assertEquals(eventsOf(entry, "data").map((event) => event.kind), [
    "flush-issued",
    "flush-completed",
    "write-issued",
    "write-completed",
  ]);
});

Deno.test("an empty file is a log without entries", () => {
  assertEquals(parseDmLog(new Uint8Array(0)), []);
});

Deno.test("no cut and no changed byte of a log makes more than a typed error", () => {
  const file = encodeDmLog([{ offsetBytes: SECTOR, bytes }, { isFlush: true }, { mark: "m" }]);
  for (let at = 0; at < file.length; at += 3) {
    for (const value of [0, 1, 0x80, 0xff]) {
      const changed = file.slice();
      changed[at] = value;
      parseOrRefuse(changed);
    }
    parseOrRefuse(file.slice(0, at));
  }
});

Deno.test("counts that the file cannot hold are refused before memory is taken", () => {
  const file = encodeDmLog([{ isFlush: true }]);
  const view = new DataView(file.buffer);
  view.setBigUint64(16, 2n ** 62n, true);
  assertThrows(() => parseDmLog(file), LogFormatError);
  view.setBigUint64(16, 1n, true);
  view.setBigUint64(SECTOR + 8, 2n ** 50n, true);
  assertThrows(() => parseDmLog(file), LogFormatError);
});

function parseOrRefuse(file: Uint8Array): void {
  try {
    parseDmLog(file);
  } catch (error) {
    if (!(error instanceof LogFormatError)) throw error;
  }
}
