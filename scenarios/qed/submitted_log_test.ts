import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeLog } from "../../harness/log/log_file.ts";
import { bytesSource } from "../../harness/log/write_log.ts";
import { type LogEvent, Recorder } from "../../harness/mod.ts";
import { createImage, MemoryStorage, openImage, runSync, writeImage } from "../../lib/mod.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { crash } from "../../tools/crash/captured_output_testing.ts";
import { setUpLog } from "./recorded_log.ts";

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

/** What a driver writes for a guest's write to `cluster`: data and, if it allocates, an L2 table. */
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

/** Write a log of these events, and the image before them. Answers both paths. */
function save(dir: string, events: readonly LogEvent[]): [log: string, base: string] {
  const [log, base] = [`${dir}/session.log`, `${dir}/base.qed`];
  const nothing = bytesSource(new Uint8Array(0));
  Deno.writeFileSync(log, encodeLog({ base: nothing, guestBase: nothing, events }));
  Deno.writeFileSync(base, baseImage());
  return [log, base];
}

/** The events with the guest's requests, in words. */
function withGuest(dir: string, events: readonly LogEvent[]): string[] {
  const [log, base] = save(dir, events);
  using recorded = setUpLog(log, base);
  assertEquals(recorded.entryCount, events.length);
  return recorded.log.events.map((event) => event.kind);
}

Deno.test("a write that was in flight during a flush is acknowledged when the flush has begun", () =>
  inTempDir((dir) => {
    const { data } = writesFor(0);
    assertEquals(withGuest(dir, [data, FLUSH, completed(0), FLUSHED]), [
      ...["guest-write-begun", "write-issued"],
      ...["guest-flush-begun", "flush-issued"],
      ...["write-completed", "guest-acknowledged"],
      ...["flush-completed", "guest-acknowledged"],
    ]);
    assertEquals(withGuest(dir, [data, completed(0), FLUSH, FLUSHED]), [
      ...["guest-write-begun", "write-issued", "write-completed", "guest-acknowledged"],
      ...["guest-flush-begun", "flush-issued", "flush-completed", "guest-acknowledged"],
    ]);
  }));

Deno.test("its loss is one of the states, and breaks no promise", () =>
  inTempDir(async (dir) => {
    const { data } = writesFor(0);
    const explore = async (...events: LogEvent[]) => {
      const [log, base] = save(dir, events);
      const { code, printed, complained } = await crash("log", log, "--base", base, "--json");
      assertEquals([code, complained], [0, ""]);
      return JSON.parse(printed).states.log2 as number;
    };
    const REST: LogEvent[] = [{ kind: "mark", text: "later" }, { kind: "mark", text: "later" }];
    const overlapping = await explore(data, FLUSH, completed(0), FLUSHED, ...REST);
    const covered = await explore(data, completed(0), FLUSH, FLUSHED, ...REST);
    assert(overlapping > covered, `2^${overlapping} states, and 2^${covered}`);
  }));

Deno.test("a write that a table shows is acknowledged when its data are written too", () =>
  inTempDir((dir) => {
    const { data, table } = writesFor(3);
    assert(table);
    const events = [data, { ...table, id: 1 }, completed(1), completed(0)];
    assertEquals(withGuest(dir, events), [
      ...["write-issued", "guest-write-begun", "write-issued"],
      ...["write-completed", "write-completed", "guest-acknowledged"],
    ]);
  }));

Deno.test("what failed is never acknowledged, and a failed flush warns the guest", () =>
  inTempDir((dir) => {
    const { data } = writesFor(0);
    const events: LogEvent[] = [
      data,
      { kind: "write-failed", id: 0 },
      FLUSH,
      { kind: "flush-failed", id: 10 },
    ];
    assertEquals(withGuest(dir, events), [
      ...["guest-write-begun", "write-issued", "write-failed"],
      ...["guest-flush-begun", "flush-issued", "flush-failed", "guest-warned"],
    ]);
  }));

Deno.test("a log that is cut short, or not of this image, is refused", () =>
  inTempDir(async (dir) => {
    const { data } = writesFor(0);
    const far = { ...data, offsetBytes: 2 ** 40 };
    const [log, base] = save(dir, [far, completed(0)]);
    const misfit = await crash("log", log, "--base", base);
    assertEquals(misfit.code, 2);
    assertStringIncludes(misfit.complained, `event 0 offset is ${2 ** 40} bytes`);
    save(dir, [data, completed(0)]);
    const bytes = Deno.readFileSync(log);
    for (const length of [9, 20, bytes.length - 1]) {
      Deno.writeFileSync(log, bytes.subarray(0, length));
      const { code, complained } = await crash("log", log, "--base", base);
      assertEquals([code, complained.includes("session.log")], [2, true], complained);
    }
  }));
