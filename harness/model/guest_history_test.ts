import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Replay } from "../reference/replay.ts";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import { bytesSource, type WriteLog } from "../log/write_log.ts";
import { seededTest } from "../../test_support/seeds.ts";
import { Contents } from "./contents.ts";
import { GuestHistory } from "./guest_history.ts";
import { permittedAt } from "./permitted_testing.ts";
import { SECTORS } from "./presets.ts";

const GUEST_BASE = sectorsOf(7, 8);
const OLD = filled(7);

/** What the history permits in a sector after each event: all of it, as first bytes and in order. */
function permitted(builder: LogBuilder, sector = 0): number[] {
  const contents = new Contents();
  const history = replay(builder.log(new Uint8Array(0), GUEST_BASE), contents);
  const versions = history.versionsOf(sector).map(({ content }) => contents.bytesOf(content)[0]);
  return [...new Set(versions)].sort();
}

function replay(log: WriteLog, contents: Contents, last = log.events.length - 1): GuestHistory {
  const history = new GuestHistory(log.guestBase, contents);
  log.events.slice(0, last + 1).forEach((event, at) => history.apply(event, at));
  return history;
}

function guestWrite(builder: LogBuilder, value: number, offsetBytes = 0): void {
  builder.acknowledge(builder.beginGuestWrite(offsetBytes, filled(value)));
}

function guestFlush(builder: LogBuilder): void {
  builder.acknowledge(builder.beginGuestFlush());
}

Deno.test("a sector never written holds what it held, and zeroes past the end", () => {
  const contents = new Contents();
  const history = new GuestHistory(bytesSource(GUEST_BASE), contents);
  assertEquals(contents.bytesOf(history.versionsOf(1)[0].content), filled(8));
  assertEquals(contents.bytesOf(history.versionsOf(2)[0].content), filled(0));
});

Deno.test("until a flush a sector may hold the old value or any written since", () => {
  const builder = new LogBuilder();
  guestWrite(builder, 1);
  guestWrite(builder, 2);
  assertEquals(permitted(builder), [1, 2, 7]);
});

Deno.test("a write is permitted as soon as it begins, acknowledged or not", () => {
  const builder = new LogBuilder();
  builder.beginGuestWrite(0, filled(1));
  assertEquals(permitted(builder), [1, 7]);
});

Deno.test("after an acknowledged flush only the newest value covered and later ones remain", () => {
  const builder = new LogBuilder();
  guestWrite(builder, 1);
  guestWrite(builder, 2);
  guestFlush(builder);
  assertEquals(permitted(builder), [2]);
  guestWrite(builder, 3);
  assertEquals(permitted(builder), [2, 3]);
});

Deno.test("a flush promises nothing before it is acknowledged", () => {
  const builder = new LogBuilder();
  guestWrite(builder, 1);
  builder.beginGuestFlush();
  assertEquals(permitted(builder), [1, 7]);
});

Deno.test("a flush does not cover a write acknowledged after the flush began", () => {
  const builder = new LogBuilder();
  const write = builder.beginGuestWrite(0, filled(1));
  const flush = builder.beginGuestFlush();
  builder.acknowledge(write);
  builder.acknowledge(flush);
  assertEquals(permitted(builder), [1, 7]);
});

Deno.test("a write in flight at a flush may still replace a newer one that the flush covers", () => {
  const builder = new LogBuilder();
  builder.beginGuestWrite(0, filled(1));
  guestWrite(builder, 2);
  guestFlush(builder);
  assertEquals(permitted(builder), [1, 2]);
});

Deno.test("of two writes at the same time either may be what a flush made safe", () => {
  const builder = new LogBuilder();
  const slow = builder.beginGuestWrite(0, filled(1));
  guestWrite(builder, 2);
  guestFlush(builder);
  builder.acknowledge(slow);
  guestFlush(builder);
  assertEquals(permitted(builder), [1, 2]);
  guestWrite(builder, 3);
  guestFlush(builder);
  assertEquals(permitted(builder), [3]);
});

Deno.test("a write to a part of a sector keeps the rest as the newest value had it", () => {
  const builder = new LogBuilder();
  builder.acknowledge(builder.beginGuestWrite(SECTOR - 100, filled(1, 300)));
  const contents = new Contents();
  const history = replay(builder.log(new Uint8Array(0), GUEST_BASE), contents);
  const bytesAt = (sector: number) => contents.bytesOf(history.versionsOf(sector)[1].content);
  assertEquals(bytesAt(0), new Uint8Array([...OLD.subarray(100), ...filled(1, 100)]));
  assertEquals(bytesAt(1), new Uint8Array([...filled(1, 200), ...filled(8, SECTOR - 200)]));
});

Deno.test("contents are permitted from the event on in which their write began", () => {
  const builder = new LogBuilder();
  builder.mark("before");
  guestWrite(builder, 1);
  const contents = new Contents();
  const history = replay(builder.log(new Uint8Array(0), GUEST_BASE), contents);
  assertEquals(history.permittedSince(0, contents.idOf(OLD)), -1);
  assertEquals(history.permittedSince(0, contents.idOf(filled(1))), 1);
  assertEquals(history.permittedSince(0, contents.idOf(filled(2))), Infinity);
});

Deno.test("contents are described with the sector they were written to", () => {
  const builder = new LogBuilder();
  guestWrite(builder, 0x41, SECTOR);
  const contents = new Contents();
  const history = replay(builder.log(new Uint8Array(0), GUEST_BASE), contents);
  assertEquals(
    history.describe(contents.idOf(filled(0x41))),
    "0x41 repeated (written to sector 1)",
  );
});

/** Guests with many requests at a time: what begins and what is acknowledged, by number. */
const GUEST_STEPS = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("write" as const),
      offsetBytes: fc.nat(3).map((piece) => piece * 256),
      lengthBytes: fc.constantFrom(256, 512, 768),
      value: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ kind: fc.constant("flush" as const) }),
    fc.record({ kind: fc.constant("acknowledge" as const), which: fc.nat(5) }),
  ),
  { maxLength: 25 },
);

seededTest("the history agrees with the marks of the log read one by one", (seed) => {
  fc.assert(
    fc.property(GUEST_STEPS, (steps) => {
      const builder = new LogBuilder();
      const open: number[] = [];
      for (const step of steps) {
        if (step.kind === "write") {
          const bytes = filled(step.value, step.lengthBytes);
          open.push(builder.beginGuestWrite(step.offsetBytes, bytes));
        } else if (step.kind === "flush") open.push(builder.beginGuestFlush());
        else if (open.length > 0) builder.acknowledge(open.splice(step.which % open.length, 1)[0]);
      }
      const log = builder.log(new Uint8Array(0), GUEST_BASE);
      for (let last = -1; last < log.events.length; last++) {
        const contents = new Contents();
        const history = replay(log, contents, last);
        for (const sector of [0, 1, 2]) {
          const kept = new Set(history.versionsOf(sector).map(({ content }) => content));
          const plain = new Set(
            permittedAt(log, last, sector).map((bytes) => contents.idOf(bytes)),
          );
          assertEquals([...kept].sort(), [...plain].sort());
          const replayed = new Replay(log, SECTORS).advanceTo(last).guest.permitted(sector);
          assertEquals(replayed, permittedAt(log, last, sector));
        }
      }
    }),
    { seed, numRuns: 500 },
  );
});

Deno.test("what is written as a whole may be there before, torn of earlier versions", () => {
  const builder = new LogBuilder();
  const [head, whole, mixed] = [filled(2, 400), filled(3), filled(3)];
  whole.set(head);
  mixed.set(head);
  mixed.fill(7, 400); // the end of what was there at first
  const first = builder.beginGuestWrite(0, whole);
  builder.acknowledge(first);
  builder.acknowledge(builder.beginGuestWrite(0, mixed));
  const contents = new Contents();
  const log = builder.log(new Uint8Array(0), GUEST_BASE);
  const since = (tears: boolean) => {
    const history = new GuestHistory(log.guestBase, contents, { tears });
    log.events.forEach((event, at) => history.apply(event, at));
    return history.permittedSince(0, contents.idOf(mixed));
  };
  assertEquals([since(true), since(false)], [0, 2]);
});
