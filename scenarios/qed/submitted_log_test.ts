import { assert, assertEquals, assertThrows } from "@std/assert";
import { encodeLog } from "../../harness/log/log_file.ts";
import { bytesSource } from "../../harness/log/write_log.ts";
import { exploreLazily, type LogEvent, Recorder, SECTORS } from "../../harness/advanced.ts";
import { createImage, MemoryStorage, openImage, runSync, writeImage } from "../../lib/mod.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { type RecordedLog, RecordedLogError, setUpLog } from "./recorded_log.ts";

const CLUSTER = 4096;

/** An image with its first cluster allocated. */
function baseImage(): Uint8Array {
  const file = new MemoryStorage();
  runSync(createImage({ imageBytes: 2 ** 24, clusterBytes: CLUSTER, tableClusters: 2 }), [file]);
  const image = runSync(openImage({ writable: true }), [file]);
  runSync(writeImage(image, 0, new Uint8Array(CLUSTER).fill(1)), [file]);
  return file.toBytes();
}

type WriteIssued = LogEvent & { kind: "write-issued" };

/** The driver's writes for a guest write to `cluster`: data and, if it allocates, an L2 table. */
function writesFor(cluster: number): { data: WriteIssued; table: WriteIssued | undefined } {
  const recorder = new Recorder({ base: baseImage() });
  const image = recorder.run(openImage({ writable: true, skipRepair: true }));
  recorder.run(writeImage(image, cluster * CLUSTER, new Uint8Array(CLUSTER).fill(2)));
  const write = (label: string) =>
    recorder.log.events.find((event): event is WriteIssued =>
      event.kind === "write-issued" && event.label === label
    );
  const data = write("data");
  if (!data) throw new Error("nothing was written");
  return { data: { ...data, id: 0, label: "nbd" }, table: write("l2-table") };
}

const FLUSH: LogEvent = { kind: "flush-issued", id: 10, label: "nbd" };
const FLUSHED: LogEvent = { kind: "flush-completed", id: 10 };
const completed = (id: number): LogEvent => ({ kind: "write-completed", id });

/** A log of these events as a file. */
function logFile(events: readonly LogEvent[]): Uint8Array {
  const nothing = bytesSource(new Uint8Array(0));
  return encodeLog({ base: nothing, guestBase: nothing, events });
}

/** Set up a log of these bytes on the image before them. */
function setUp(dir: string, bytes: Uint8Array): RecordedLog {
  const base = `${dir}/base.qed`;
  Deno.writeFileSync(base, baseImage());
  return setUpLog({ path: "session.log", bytes }, base);
}

/** The kinds of the events, the guest's requests among them. */
function withGuest(dir: string, events: readonly LogEvent[]): string[] {
  using recorded = setUp(dir, logFile(events));
  assertEquals(recorded.entryCount, events.length);
  return recorded.log.events.map((event) => event.kind);
}

Deno.test("a write that was in flight during a flush is acknowledged when the flush has begun", () =>
  inTempDir((dir) => {
    const { data } = writesFor(0);
    assertEquals(withGuest(dir, [data, FLUSH, completed(0), FLUSHED]), [
      "guest-write-begun",
      "write-issued",
      "guest-flush-begun",
      "flush-issued",
      "write-completed",
      "guest-acknowledged",
      "flush-completed",
      "guest-acknowledged",
    ]);
    assertEquals(withGuest(dir, [data, completed(0), FLUSH, FLUSHED]), [
      "guest-write-begun",
      "write-issued",
      "write-completed",
      "guest-acknowledged",
      "guest-flush-begun",
      "flush-issued",
      "flush-completed",
      "guest-acknowledged",
    ]);
  }));

Deno.test("its loss is one of the states, and breaks no promise", () =>
  inTempDir((dir) => {
    const { data } = writesFor(0);
    const explore = (...events: LogEvent[]) => {
      using recorded = setUp(dir, logFile(events));
      const { log, target, guestBytes } = recorded;
      const { verdict, states } = exploreLazily(log, target, SECTORS, { guestBytes, depth: 2 });
      assertEquals(verdict, "clean");
      return states.log2;
    };
    const REST: LogEvent[] = [{ kind: "mark", text: "later" }, { kind: "mark", text: "later" }];
    const overlapping = explore(data, FLUSH, completed(0), FLUSHED, ...REST);
    const covered = explore(data, completed(0), FLUSH, FLUSHED, ...REST);
    assert(overlapping > covered, `2^${overlapping} states, and 2^${covered}`);
  }));

Deno.test("a write that a table shows is acknowledged when its data are written too", () =>
  inTempDir((dir) => {
    const { data, table } = writesFor(3);
    assert(table);
    const events = [data, { ...table, id: 1 }, completed(1), completed(0)];
    assertEquals(withGuest(dir, events), [
      "write-issued",
      "guest-write-begun",
      "write-issued",
      "write-completed",
      "write-completed",
      "guest-acknowledged",
    ]);
  }));

Deno.test("a failed write is never acknowledged, and a failed flush warns the guest", () =>
  inTempDir((dir) => {
    const { data } = writesFor(0);
    const events: LogEvent[] = [
      data,
      { kind: "write-failed", id: 0 },
      FLUSH,
      { kind: "flush-failed", id: 10 },
    ];
    assertEquals(withGuest(dir, events), [
      "guest-write-begun",
      "write-issued",
      "write-failed",
      "guest-flush-begun",
      "flush-issued",
      "flush-failed",
      "guest-warned",
    ]);
  }));

Deno.test("a log that is cut short, or not of this image, is refused", () =>
  inTempDir((dir) => {
    const { data } = writesFor(0);
    const refused = (bytes: Uint8Array, message: string) =>
      assertThrows(() => setUp(dir, bytes), RecordedLogError, message);
    const far = { ...data, offsetBytes: 2 ** 40 };
    refused(logFile([far, completed(0)]), `session.log: event 0 offset is ${2 ** 40} bytes`);
    const bytes = logFile([data, completed(0)]);
    for (const length of [9, 20, bytes.length - 1]) {
      refused(bytes.subarray(0, length), "session.log: ");
    }
  }));
