import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decodeLog, encodeLog } from "./log_file.ts";
import { LogFormatError } from "./log_format_error.ts";
import { bytesSource, type LogEvent, type WriteLog } from "./write_log.ts";

/** One event of every kind. */
const EVENTS: readonly LogEvent[] = [
  { kind: "mark", text: "start, with ümläuts" },
  { kind: "guest-write-begun", id: 0, offsetBytes: 512, bytes: new Uint8Array([1, 2, 3]) },
  { kind: "write-issued", id: 1, offsetBytes: 4096, bytes: new Uint8Array([4, 5]), label: "data" },
  { kind: "write-completed", id: 1 },
  {
    kind: "write-issued",
    id: 2,
    offsetBytes: 2 ** 40,
    bytes: new Uint8Array(0),
    label: "empty",
    forceUnitAccess: true,
  },
  { kind: "guest-acknowledged", id: 0 },
  { kind: "resized", sizeBytes: 8192, label: "torn tail" },
  { kind: "discarded", offsetBytes: 0, lengthBytes: 512, label: "trim" },
  { kind: "guest-flush-begun", id: 3, isAllocating: true },
  { kind: "flush-issued", id: 4, label: "guest" },
  { kind: "flush-completed", id: 4 },
  { kind: "space-given-up", lengthBytes: 4096 },
];

const LOG: WriteLog = {
  base: bytesSource(new Uint8Array([9, 8, 7])),
  guestBase: bytesSource(new Uint8Array(5)),
  events: EVENTS,
};

Deno.test("a log comes back from its file as it was", () => {
  const back = decodeLog(encodeLog(LOG));
  assertEquals(back.events.map((event) => ({ ...event })), EVENTS.map((event) => ({ ...event })));
  for (const source of ["base", "guestBase"] as const) {
    const bytes = [back, LOG].map((log) => {
      const into = new Uint8Array(log[source].sizeBytes);
      log[source].read(0, into);
      return into;
    });
    assertEquals(bytes[0], bytes[1]);
  }
});

Deno.test("every cut of a log's file is refused, or is a shorter log", () => {
  const file = encodeLog(LOG);
  let refused = 0;
  for (let length = 0; length < file.length; length++) {
    try {
      const { events } = decodeLog(file.slice(0, length));
      assertEquals(events.length < EVENTS.length, true);
    } catch (error) {
      if (!(error instanceof LogFormatError)) throw error;
      refused++;
    }
  }
  assertEquals(refused > file.length / 2, true);
});

Deno.test("a wrong log file is refused, naming field, offset and value", () => {
  const file = encodeLog(LOG);
  const events = file.length - encodeLog({ ...LOG, events: [] }).length;
  const firstEvent = file.length - events;
  const patched = (offset: number, value: number) => {
    const bytes = file.slice();
    new DataView(bytes.buffer).setUint32(offset, value, true);
    return bytes;
  };
  const cases: [Uint8Array, string][] = [
    [new Uint8Array(0), "magic at offset 0"],
    [patched(0, 1), "magic at offset 0"],
    [patched(8, 2), "version at offset 8 is 2"],
    [patched(16, 0xffffffff), "base at offset 24 is 4294967295"],
    [patched(firstEvent, 0xffffffff), `event 0 text at offset ${firstEvent + 8}`],
    [patched(firstEvent + 8, 0x7b7b7b7b), `event 0 at offset ${firstEvent}`],
  ];
  for (const [bytes, message] of cases) {
    const error = assertThrows(() => decodeLog(bytes), LogFormatError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("an event of an unknown kind, or with a wrong number, is refused", () => {
  for (
    const event of [
      { kind: "exploded" },
      { kind: "write-completed", id: -1 },
      { kind: "resized", sizeBytes: 1.5, label: "x" },
      { kind: "write-completed" },
    ]
  ) {
    const file = encodeLog({ ...LOG, events: [event as LogEvent] });
    assertThrows(() => decodeLog(file), LogFormatError);
  }
});
