import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { accessRange, RangeLock, WHOLE_DISK } from "./range_lock.ts";

const A = { startBytes: 0, endBytes: 100 };
const B = { startBytes: 100, endBytes: 200 };
const OVER = { startBytes: 50, endBytes: 150 };

Deno.test("ranges that do not overlap run in parallel, and so do reads", () => {
  const accesses = new RangeLock();
  assertEquals(accesses.enter(A, "change").isReady, true);
  assertEquals(accesses.enter(B, "change").isReady, true, "they touch, and share no byte");
  const reading = new RangeLock();
  assertEquals(reading.enter(OVER, "read").isReady, true);
  assertEquals(reading.enter(WHOLE_DISK, "read").isReady, true);
});

Deno.test("a change waits for reads before it, and reads for a change before them", () => {
  const accesses = new RangeLock();
  const first = accesses.enter(A, "read");
  const change = accesses.enter(OVER, "change");
  const last = accesses.enter(A, "read");
  assertEquals([first.isReady, change.isReady, last.isReady], [true, false, false]);
  const went: string[] = [];
  change.whenReady(() => went.push("change"));
  last.whenReady(() => went.push("last"));
  accesses.leave(first);
  assertEquals(went, ["change"]);
  accesses.leave(change);
  assertEquals(went, ["change", "last"]);
});

Deno.test("an access that waits for several ones waits for all of them", () => {
  const accesses = new RangeLock();
  const before = [accesses.enter(A, "change"), accesses.enter(B, "change")];
  const last = accesses.enter(OVER, "change");
  accesses.leave(before[1]);
  assertEquals(last.isReady, false);
  accesses.leave(before[0]);
  assertEquals(last.isReady, true);
});

Deno.test("an access that is released while it waits blocks no other one", () => {
  const accesses = new RangeLock();
  const first = accesses.enter(A, "change");
  const given = accesses.enter(A, "change");
  const last = accesses.enter(A, "change");
  accesses.leave(given);
  assertEquals(last.isReady, false, "the first one is still there");
  accesses.leave(first);
  assertEquals(last.isReady, true);
});

Deno.test("an empty range at the edge of another does not overlap it", () => {
  const accesses = new RangeLock();
  accesses.enter(A, "change");
  assertEquals(accesses.enter({ startBytes: 100, endBytes: 100 }, "change").isReady, true);
});

Deno.test("a range at an offset that is inexact as a number is larger rather than smaller", () => {
  const exact = accessRange(2 ** 53 - 1000, 10);
  assertEquals(exact, { startBytes: 2 ** 53 - 1000, endBytes: 2 ** 53 - 990 });
  for (const offset of [2n ** 53n + 1n, 2n ** 62n + 12345n, 2n ** 63n - 1n]) {
    const { startBytes, endBytes } = accessRange(offset, 1);
    assertEquals(BigInt(startBytes) <= offset && BigInt(endBytes) > offset, true);
    assertEquals(endBytes - startBytes <= 2 * 4096, true);
  }
});

const ENTRIES = fc.array(
  fc.record({
    startBytes: fc.nat(20),
    lengthBytes: fc.nat(8),
    intent: fc.constantFrom<("read" | "change")[]>("read", "change"),
    /** Which of those present leaves before this one comes, if any. */
    leaver: fc.option(fc.nat(20)),
  }),
  { maxLength: 30 },
);

seededTest("an access is ready exactly when no earlier one blocks it", (seed) => {
  fc.assert(
    fc.property(ENTRIES, (entries) => {
      const accesses = new RangeLock();
      const present: { range: typeof A; intent: string; access: { isReady: boolean } }[] = [];
      for (const { startBytes, lengthBytes, intent, leaver } of entries) {
        if (leaver !== null && present.length > 0) {
          const [{ access }] = present.splice(leaver % present.length, 1);
          accesses.leave(access as Parameters<RangeLock["leave"]>[0]);
        }
        const range = { startBytes, endBytes: startBytes + lengthBytes };
        present.push({ range, intent, access: accesses.enter(range, intent) });
        present.forEach(({ range, intent, access }, i) => {
          const isFree = present.slice(0, i).every((before) =>
            (intent === "read" && before.intent === "read") ||
            before.range.endBytes <= range.startBytes || range.endBytes <= before.range.startBytes
          );
          assertEquals(access.isReady, isFree);
        });
      }
    }),
    { seed, numRuns: 200 },
  );
});
