import { assertEquals } from "@std/assert";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import { Contents } from "./contents.ts";
import { epochsOf } from "./epochs.ts";

const BASE = sectorsOf(7, 7);

/** What is worth knowing of an epoch, at the time it is looked at. */
interface Summary {
  readonly events: readonly [first: number, last: number];
  /** First bytes of the first sectors, as they are for certain. */
  readonly durable: readonly number[];
  /** The events of the writes still on their way. */
  readonly pending: readonly number[];
  readonly sizes: readonly number[];
  readonly settledBytes: number;
}

function epochs(builder: LogBuilder, base = BASE): Summary[] {
  const contents = new Contents();
  const summaries: Summary[] = [];
  for (const epoch of epochsOf(builder.log(base), contents)) {
    summaries.push({
      events: [epoch.firstEvent, epoch.lastEvent],
      durable: [0, 1, 2, 3].map((sector) => contents.bytesOf(epoch.durable.idOf(sector))[0]),
      pending: epoch.writes.map((write) => write.event),
      sizes: epoch.sizes.map((size) => size.sizeBytes),
      settledBytes: epoch.settledBytes,
    });
  }
  return summaries;
}

function last(builder: LogBuilder, base = BASE): Summary {
  return epochs(builder, base).pop()!;
}

Deno.test("a log without events is one epoch: the crash before any", () => {
  assertEquals(epochs(new LogBuilder()), [{
    events: [-1, -1],
    durable: [7, 7, 0, 0],
    pending: [],
    sizes: [2 * SECTOR],
    settledBytes: 2 * SECTOR,
  }]);
});

Deno.test("a completed write is not durable before a flush completes", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(1));
  const flush = builder.issueFlush();
  assertEquals(last(builder).pending, [0]);
  assertEquals(last(builder).durable, [7, 7, 0, 0]);
  builder.completeFlush(flush);
  assertEquals(last(builder).pending, []);
  assertEquals(last(builder).durable, [1, 7, 0, 0]);
});

Deno.test("a flush covers what had completed before it was issued, and nothing else", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(1));
  const inFlight = builder.issue(SECTOR, filled(2));
  const flush = builder.issueFlush();
  builder.complete(inFlight);
  builder.write(0, filled(3));
  builder.completeFlush(flush);
  assertEquals(last(builder).durable, [1, 7, 0, 0]);
  assertEquals(last(builder).pending, [2, 5]);
});

Deno.test("a write with forced unit access is durable when it completes, and alone", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(1));
  const forced = builder.issue(SECTOR, filled(2), { forceUnitAccess: true });
  assertEquals(last(builder).durable, [7, 7, 0, 0]);
  builder.complete(forced);
  assertEquals(last(builder).durable, [7, 2, 0, 0]);
  assertEquals(last(builder).pending, [0]);
});

Deno.test("an epoch ends where something becomes durable or the guest is promised more", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(1)); // 0, 1
  builder.flush(); // 2, 3
  builder.mark("nothing new"); // 4
  builder.flush(); // 5, 6: nothing to make durable
  builder.acknowledge(builder.beginGuestWrite(0, filled(1))); // 7, 8
  builder.acknowledge(builder.beginGuestFlush()); // 9, 10
  builder.complete(builder.issue(0, filled(2), { forceUnitAccess: true })); // 11, 12
  assertEquals(epochs(builder).map(({ events }) => events), [[-1, 2], [3, 9], [10, 11], [12, 12]]);
});

Deno.test("a write in flight lands over what was written after it and flushed", () => {
  const builder = new LogBuilder();
  const slow = builder.issue(0, filled(1));
  builder.write(0, filled(2));
  builder.flush();
  assertEquals(last(builder).durable, [2, 7, 0, 0]);
  assertEquals(last(builder).pending, [0]);
  builder.complete(slow);
  builder.flush();
  assertEquals(last(builder).durable, [1, 7, 0, 0]);
});

Deno.test("writes to parts of a sector become durable in the order of issue", () => {
  const builder = new LogBuilder();
  builder.write(0, filled(1, 300));
  builder.write(100, filled(2, 300));
  builder.flush();
  const contents = new Contents();
  const bytes: Uint8Array[] = [];
  for (const epoch of epochsOf(builder.log(BASE), contents)) {
    bytes.push(contents.bytesOf(epoch.durable.idOf(0)).slice());
  }
  const wanted = new Uint8Array([...filled(1, 100), ...filled(2, 300), ...filled(7, 112)]);
  assertEquals(bytes, [filled(7), wanted]);
});

Deno.test("the size is any that the file had since the last durable one", () => {
  const builder = new LogBuilder();
  builder.write(2 * SECTOR, filled(1));
  builder.write(0, filled(2));
  builder.resize(5 * SECTOR);
  builder.resize(SECTOR);
  assertEquals(last(builder).sizes, [2, 3, 5, 1].map((sectors) => sectors * SECTOR));
  builder.flush();
  assertEquals(last(builder).sizes, [SECTOR]);
});

Deno.test("what is cut off reads as zeroes once the cut is durable", () => {
  const builder = new LogBuilder();
  builder.resize(SECTOR);
  builder.resize(3 * SECTOR);
  assertEquals(last(builder).durable, [7, 7, 0, 0]);
  builder.flush();
  assertEquals(last(builder).durable, [7, 0, 0, 0]);
});

Deno.test("a discard becomes durable as zeroes and leaves the size alone", () => {
  const builder = new LogBuilder();
  builder.discard(SECTOR, 9 * SECTOR);
  builder.flush();
  assertEquals(last(builder).durable, [7, 0, 0, 0]);
  assertEquals(last(builder).sizes, [2 * SECTOR]);
});

Deno.test("a flush makes the size durable that the completed writes brought about", () => {
  const builder = new LogBuilder();
  builder.write(2 * SECTOR, filled(1));
  builder.issue(3 * SECTOR, filled(2));
  builder.flush();
  assertEquals(last(builder).sizes, [3 * SECTOR, 4 * SECTOR]);
});

Deno.test("data that a flush made durable is inside the file, whoever made the file grow", () => {
  const builder = new LogBuilder();
  builder.issue(5 * SECTOR, filled(1));
  builder.write(3 * SECTOR, filled(2));
  builder.flush();
  assertEquals(last(builder).durable[3], 2);
  assertEquals(last(builder).sizes, [4 * SECTOR, 6 * SECTOR]);
});

Deno.test("a cut after a write takes it away although both became durable", () => {
  const builder = new LogBuilder();
  builder.write(5 * SECTOR, filled(1));
  builder.resize(2 * SECTOR);
  builder.flush();
  assertEquals(last(builder).sizes, [2 * SECTOR]);
});

Deno.test("a flush overtaken by a later one does not undo its size", () => {
  const builder = new LogBuilder();
  builder.write(2 * SECTOR, filled(1));
  const early = builder.issueFlush();
  builder.write(3 * SECTOR, filled(2));
  builder.flush();
  builder.completeFlush(early);
  assertEquals(last(builder).sizes, [4 * SECTOR]);
  assertEquals(last(builder).pending, []);
});

Deno.test("space is settled when the guest's flush is acknowledged", () => {
  const builder = new LogBuilder();
  builder.write(2 * SECTOR, filled(1));
  const flush = builder.beginGuestFlush();
  builder.flush();
  assertEquals(last(builder).settledBytes, 2 * SECTOR);
  builder.acknowledge(flush);
  assertEquals(last(builder).settledBytes, 3 * SECTOR);
});

Deno.test("space is not settled by a flush in the middle of an allocation", () => {
  const builder = new LogBuilder();
  builder.write(2 * SECTOR, filled(1));
  builder.flush();
  builder.events.push({ kind: "guest-flush-begun", id: 99, isAllocating: true });
  builder.acknowledge(99);
  assertEquals(last(builder).settledBytes, 2 * SECTOR);
});
