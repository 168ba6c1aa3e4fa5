import { assertEquals, assertStrictEquals } from "@std/assert";
import { EventFile, EventList } from "./event_store.ts";
import { decodeLog, encodeLog } from "./log_file.ts";
import { bytesSource, type LogEvent } from "./write_log.ts";

/** Events of several kinds, one with bytes beyond a block of the file. */
const EVENTS: readonly LogEvent[] = [
  { kind: "guest-write-begun", id: 1, offsetBytes: 512, bytes: new Uint8Array(512).fill(1) },
  {
    kind: "write-issued",
    id: 2,
    offsetBytes: 0,
    bytes: new Uint8Array(3 * 2 ** 20).fill(7),
    label: "data",
    forceUnitAccess: true,
  },
  { kind: "write-completed", id: 2 },
  { kind: "resized", sizeBytes: 2 ** 40, label: "grow" },
  { kind: "mark", text: "umlauts: \u00e4\u00f6\u00fc" },
  { kind: "flush-issued", id: 3, label: "flush" },
  { kind: "flush-completed", id: 3 },
];

function withFile(check: (file: EventFile) => void): void {
  const path = Deno.makeTempFileSync();
  try {
    using file = new EventFile(path);
    check(file);
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("a file gives the events back that a list does, in any order and while it grows", () => {
  withFile((file) => {
    const list = new EventList();
    for (let round = 0; round < 3; round++) {
      for (const event of EVENTS) {
        file.push(event);
        list.push(event);
        assertEquals(file.list().at(-1), event);
      }
      assertEquals([...file.list()], [...list.list()]);
      assertEquals(file.list()[1], EVENTS[1]);
    }
    assertEquals(file.length, list.length);
    assertEquals(file.list()[file.length], undefined);
    assertEquals(file.list()[-1], undefined);
  });
});

Deno.test("a list stays as it is; the live array is the same one, and grows", () => {
  withFile((file) => {
    for (const store of [file, new EventList()]) {
      store.push(EVENTS[2]);
      const [snapshot, live] = [store.list(), store.live];
      store.push(EVENTS[3]);
      assertEquals([snapshot.length, live.length], [1, 2]);
      assertEquals(live[1], EVENTS[3]);
      assertStrictEquals(store.live, live);
    }
  });
});

Deno.test("a file behind the head of a log is a log once it is closed", () => {
  const path = Deno.makeTempFileSync();
  try {
    const nothing = bytesSource(new Uint8Array(0));
    const head = encodeLog({ base: nothing, guestBase: nothing, events: [] });
    {
      using file = new EventFile(path, head);
      for (const event of EVENTS) file.push(event);
      assertEquals([...file.list()], [...EVENTS]);
    }
    assertEquals(decodeLog(Deno.readFileSync(path)).events, EVENTS);
  } finally {
    Deno.removeSync(path);
  }
});
