import { assertEquals, assertThrows } from "@std/assert";
import { type Filter, MemoryStorage, type Operation, type Request } from "../../lib/storage/mod.ts";
import { filled } from "../testing/log_builder.ts";
import { Recorder } from "./recorder.ts";
import { describeEvent, type WriteLog } from "./write_log.ts";

const BASE = filled(7, 1024);

function write(offsetBytes: number, bytes: Uint8Array, label = "data"): Request {
  return { kind: "write", file: 0, offsetBytes, bytes, label };
}
const FLUSH: Request = { kind: "flush", file: 0, scope: "data", label: "guest" };

function* perform(...requests: Request[]): Operation<void> {
  for (const request of requests) yield request;
}

function linesOf(log: WriteLog): string[] {
  return log.events.map(describeEvent);
}

Deno.test("a write and a flush leave two events each, in the order of the requests", () => {
  const recorder = new Recorder({ base: BASE });
  recorder.run(perform(write(0, filled(1, 10), "header"), FLUSH, write(512, filled(2, 20))));
  assertEquals(linesOf(recorder.log), [
    "write 10 bytes at 0 (header)",
    "write #0 completed",
    "flush (guest)",
    "flush #1 completed",
    "write 20 bytes at 512 (data)",
    "write #2 completed",
  ]);
});

Deno.test("reads and size queries are performed but not logged", () => {
  const recorder = new Recorder({ base: BASE });
  const into = new Uint8Array(4);
  const size = recorder.run((function* (): Operation<number> {
    yield { kind: "read", file: 0, offsetBytes: 1022, into, label: "data" };
    return yield { kind: "size", file: 0 };
  })());
  assertEquals(size, 1024);
  assertEquals(into, new Uint8Array([7, 7, 0, 0]));
  assertEquals(recorder.log.events, []);
});

Deno.test("size changes and discards are events of their own", () => {
  const recorder = new Recorder({ base: BASE });
  recorder.run(perform(
    { kind: "resize", file: 0, sizeBytes: 2048, label: "grow" },
    { kind: "discard", file: 0, offsetBytes: 512, lengthBytes: 512, label: "trim" },
  ));
  assertEquals(linesOf(recorder.log), [
    "resize to 2048 bytes (grow)",
    "discard 512 bytes at 512 (trim)",
  ]);
});

Deno.test("the log keeps the bytes as they were when the write was issued", () => {
  const base = filled(7, 512);
  const recorder = new Recorder({ base });
  const bytes = filled(1, 4);
  const guestBytes = filled(2, 4);
  recorder.guestWrite(8, guestBytes, perform(write(0, bytes)));
  bytes.fill(9);
  guestBytes.fill(9);
  base.fill(9);
  const [guest, issued] = recorder.log.events;
  assertEquals("bytes" in guest && guest.bytes, filled(2, 4));
  assertEquals("bytes" in issued && issued.bytes, filled(1, 4));
  const start = new Uint8Array(4);
  recorder.log.base.read(0, start);
  assertEquals(start, filled(7, 4));
});

Deno.test("the base is what the file held before the first event", () => {
  const recorder = new Recorder({ base: BASE, guestBase: filled(3, 512) });
  recorder.run(perform(write(0, filled(1, 2048))));
  const { base, guestBase } = recorder.log;
  const into = new Uint8Array(2);
  base.read(0, into);
  assertEquals([base.sizeBytes, ...into], [1024, 7, 7]);
  guestBase.read(511, into);
  assertEquals([guestBase.sizeBytes, ...into], [512, 3, 0]);
});

Deno.test("guest requests are marked where they begin and where they are acknowledged", () => {
  const recorder = new Recorder({ base: BASE });
  recorder.mark("start");
  recorder.guestWrite(512, filled(1, 100), perform(write(0, filled(1, 100))));
  recorder.guestFlush(perform(FLUSH));
  assertEquals(linesOf(recorder.log), [
    "mark: start",
    "guest writes 100 bytes at 512",
    "write 100 bytes at 0 (data)",
    "write #1 completed",
    "guest request #0 acknowledged",
    "guest flushes",
    "flush (guest)",
    "flush #3 completed",
    "guest request #2 acknowledged",
  ]);
});

Deno.test("a request that fails is never completed, nor its guest request acknowledged", () => {
  const broken: Filter = function* (request) {
    if (request.kind === "write" || request.kind === "flush") throw new Error("broken disk");
    return yield request;
  };
  const recorder = new Recorder({ base: BASE, faults: [broken] });
  const writes = () => recorder.guestWrite(0, filled(1, 4), perform(write(0, filled(1, 4))));
  assertThrows(writes, Error, "broken disk");
  const flush = { kind: "flush", file: 0, scope: "data", label: "guest" } as const;
  assertThrows(() => recorder.guestFlush(perform(flush)), Error, "broken disk");
  assertEquals(linesOf(recorder.log), [
    "guest writes 4 bytes at 0",
    "write 4 bytes at 0 (data)",
    "write #1 failed",
    "guest flushes",
    "flush (guest)",
    "flush #3 failed",
  ]);
});

Deno.test("requests for other files pass by unlogged", () => {
  const other = new MemoryStorage(filled(5, 4));
  const recorder = new Recorder({ base: BASE, otherFiles: [other] });
  recorder.run(perform({ ...write(0, filled(6, 2)), file: 1 } as Request));
  assertEquals(recorder.log.events, []);
  assertEquals(other.toBytes(), new Uint8Array([6, 6, 5, 5]));
});

Deno.test("the log holds what filters before the recorder let through", () => {
  const swallow: Filter = function* (request) {
    return request.kind === "flush" ? 0 : yield request;
  };
  const recorder = new Recorder({ base: BASE, filters: [swallow] });
  recorder.run(perform(FLUSH, write(0, filled(1, 4))));
  assertEquals(linesOf(recorder.log), ["write 4 bytes at 0 (data)", "write #0 completed"]);
});

Deno.test("a log taken earlier does not grow with the recorder", () => {
  const recorder = new Recorder({ base: BASE });
  recorder.mark("one");
  const { log } = recorder;
  recorder.mark("two");
  assertEquals(log.events.length, 1);
});
