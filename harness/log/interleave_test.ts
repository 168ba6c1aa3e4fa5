import { assertEquals, assertThrows } from "@std/assert";
import { MemoryStorage, type Operation, StorageError, type Turn } from "../../lib/storage/mod.ts";
import { ExhaustiveChoices, RecordedChoices } from "../choices/choices.ts";
import { interleave } from "./interleave.ts";
import { Recorder } from "./recorder.ts";
import { describeEvent } from "./write_log.ts";

function* steps(name: string, count: number, seen: string[]): Operation<void> {
  for (let i = 1; i <= count; i++) {
    yield { kind: "size", file: 0 };
    seen.push(`${name}${i}`);
  }
}

/** A turn that comes when the test says so. */
function turnOf(): Turn & { isReady: boolean } {
  return { isReady: false, whenReady: () => {} };
}

function choosing(...sequence: number[]): (count: number) => number {
  const choices = new RecordedChoices(sequence);
  return (count) => choices.choose(count);
}

Deno.test("the choices decide which operation goes on", () => {
  const seen: string[] = [];
  interleave([steps("a", 2, seen), steps("b", 2, seen)], [new MemoryStorage()], choosing(1, 0, 1));
  assertEquals(seen, ["b1", "a1", "b2", "a2"]);
});

Deno.test("all choices together are all orders: 4! / (2! 2!) of two requests each", () => {
  const orders = new Set<string>();
  const choices = new ExhaustiveChoices();
  do {
    const seen: string[] = [];
    interleave(
      [steps("a", 2, seen), steps("b", 2, seen)],
      [new MemoryStorage()],
      (count) => choices.choose(count),
    );
    orders.add(seen.join());
  } while (choices.advance());
  assertEquals(orders.size, 6);
});

Deno.test("who waits is no choice until its turn has come", () => {
  const seen: string[] = [];
  const turn = turnOf();
  function* waits(): Operation<void> {
    yield { kind: "wait", turn, label: "test" };
    seen.push("waited");
  }
  function* lets(): Operation<void> {
    yield* steps("a", 2, seen);
    turn.isReady = true;
  }
  interleave([waits(), lets()], [new MemoryStorage()], () => 0);
  assertEquals(seen, ["a1", "a2", "waited"]);
});

Deno.test("operations that wait for each other are reported, not waited for", () => {
  const waits = function* (): Operation<void> {
    yield { kind: "wait", turn: turnOf(), label: "never" };
  };
  assertThrows(
    () => interleave([waits()], [new MemoryStorage()], () => 0),
    Error,
    "every operation waits",
  );
});

Deno.test("an operation that fails does not keep the others from ending", () => {
  const seen: string[] = [];
  const bytes = new Uint8Array(10);
  function* fails(): Operation<void> {
    yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "too much" };
  }
  assertThrows(
    () =>
      interleave(
        [fails(), steps("a", 2, seen)],
        [new MemoryStorage(undefined, { capacityBytes: 5 })],
        () => 0,
      ),
    StorageError,
    "ENOSPC",
  );
  assertEquals(seen, ["a1", "a2"]);
});

Deno.test("recorded together: a flush under way does not cover a write that completes later", () => {
  const recorder = new Recorder({ base: new Uint8Array(1024) });
  const bytes = new Uint8Array(512).fill(1);
  function* write(): Operation<void> {
    yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
  }
  function* flush(): Operation<void> {
    yield { kind: "flush", file: 0, scope: "data", label: "guest" };
  }
  recorder.runTogether(
    [recorder.asGuestWrite(0, bytes, write()), recorder.asGuestFlush(flush())],
    choosing(0, 0),
  );
  assertEquals(recorder.log.events.map(describeEvent), [
    "guest writes 512 bytes at 0",
    "write 512 bytes at 0 (data)",
    "guest flushes",
    "flush (guest)",
    "write #1 completed",
    "guest request #0 acknowledged",
    "flush #3 completed",
    "guest request #2 acknowledged",
  ]);
});
