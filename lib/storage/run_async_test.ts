import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryStorage } from "./memory_storage.ts";
import type { Operation, Request, Turn } from "./request.ts";
import { AsyncDriver, type AsyncStorage } from "./run_async.ts";
import { StorageError } from "./storage_error.ts";

/** Storage whose requests wait until the test completes them, in any order. */
class ManualStorage implements AsyncStorage {
  readonly pending: { request: Request; complete: (answer: number | Error) => void }[] = [];

  submit(request: Request): Promise<number> {
    return new Promise((resolve, reject) => {
      const complete = (answer: number | Error) =>
        answer instanceof Error ? reject(answer) : resolve(answer);
      this.pending.push({ request, complete });
    });
  }

  /** Complete the request at `index` of those pending, then let everything else run. */
  async complete(index: number, answer: number | Error = 0): Promise<void> {
    this.pending.splice(index, 1)[0].complete(answer);
    await settle();
  }

  labels(): string[] {
    return this.pending.map(({ request }) => "label" in request ? request.label : request.kind);
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function* flushes(...labels: string[]): Operation<string> {
  for (const label of labels) yield { kind: "flush", file: 0, scope: "data", label };
  return labels.join("+");
}

Deno.test("requests of several operations are in flight together", async () => {
  const storage = new ManualStorage();
  const driver = new AsyncDriver([storage]);
  const all = Promise.all([driver.run(flushes("a1", "a2")), driver.run(flushes("b1", "b2"))]);
  await settle();
  assertEquals(storage.labels(), ["a1", "b1"]);
  await storage.complete(1);
  assertEquals(storage.labels(), ["a1", "b2"], "the first one does not hold up the second");
  await storage.complete(1);
  await storage.complete(0);
  await storage.complete(0);
  assertEquals(await all, ["a1+a2", "b1+b2"]);
});

Deno.test("no more than maxInFlight requests are in flight; the rest queue", async () => {
  const storage = new ManualStorage();
  const driver = new AsyncDriver([storage], { maxInFlight: 2 });
  const all = Promise.all(["a", "b", "c", "d"].map((name) => driver.run(flushes(name, name + 2))));
  await settle();
  assertEquals(storage.labels(), ["a", "b"]);
  await storage.complete(1);
  assertEquals(storage.labels(), ["a", "c"], "c had been waiting longer than b2");
  while (storage.pending.length > 0) {
    assertEquals(storage.pending.length <= 2, true);
    await storage.complete(0);
  }
  assertEquals((await all).length, 4);
});

Deno.test("requests of one operation never overlap", async () => {
  const storage = new ManualStorage();
  const done = new AsyncDriver([storage]).run(flushes("1", "2", "3"));
  for (const label of ["1", "2", "3"]) {
    await settle();
    assertEquals(storage.labels(), [label]);
    await storage.complete(0);
  }
  await done;
});

Deno.test("an asynchronous failure is thrown at the yield, and frees its place", async () => {
  const storage = new ManualStorage();
  const driver = new AsyncDriver([storage], { maxInFlight: 1 });
  function* retries(): Operation<string> {
    try {
      return yield* flushes("first");
    } catch (error) {
      return `${(error as StorageError).code}, then ${yield* flushes("second")}`;
    }
  }
  const done = driver.run(retries());
  await settle();
  const { request } = storage.pending[0];
  await storage.complete(0, new StorageError("EIO", request));
  await storage.complete(0);
  assertEquals(await done, "EIO, then second");
});

Deno.test("an error that the operation does not handle rejects, and other operations continue", async () => {
  const storage = new ManualStorage();
  const driver = new AsyncDriver([storage], { maxInFlight: 1 });
  const failing = assertRejects(() => driver.run(flushes("bad")), StorageError, "ENOSPC");
  const other = driver.run(flushes("good"));
  await settle();
  await storage.complete(0, new StorageError("ENOSPC", storage.pending[0].request));
  await storage.complete(0);
  await failing;
  assertEquals(await other, "good");
});

Deno.test("short transfers are finished, also byte by byte", async () => {
  const memory = new MemoryStorage();
  let calls = 0;
  const short: AsyncStorage = {
    submit(request) {
      calls++;
      if (request.kind === "write") {
        return Promise.resolve(
          memory.perform({ ...request, bytes: request.bytes.subarray(0, 1) }),
        );
      }
      if (request.kind === "read") {
        return Promise.resolve(memory.perform({ ...request, into: request.into.subarray(0, 1) }));
      }
      return Promise.resolve(memory.perform(request));
    },
  };
  const bytes = Uint8Array.from({ length: 20000 }, (_, i) => i * 3);
  const into = new Uint8Array(bytes.length + 10);
  function* both(): Operation<number[]> {
    const written = yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
    return [written, yield { kind: "read", file: 0, offsetBytes: 0, into, label: "data" }];
  }
  assertEquals(await new AsyncDriver([short]).run(both()), [20000, 20000]);
  assertEquals(into.subarray(0, bytes.length), bytes);
  assertEquals(calls, 40001, "the last read meets the end of the file");
});

/** A turn that comes when it is called. */
class ManualTurn implements Turn {
  isReady = false;
  #go: (() => void) | undefined;

  whenReady(go: () => void): void {
    this.#go = go;
  }

  come(): void {
    this.isReady = true;
    this.#go?.();
  }
}

Deno.test("a waiting operation takes no place of a request, and continues when its condition is fulfilled", async () => {
  const storage = new ManualStorage();
  const driver = new AsyncDriver([storage], { maxInFlight: 1 });
  const turn = new ManualTurn();
  function* waits(): Operation<string> {
    const answer = yield { kind: "wait", turn, label: "its turn" };
    return `${answer} ${yield* flushes("late")}`;
  }
  const waiting = driver.run(waits());
  const other = driver.run(flushes("first", "second"));
  await settle();
  await storage.complete(0);
  assertEquals(storage.labels(), ["second"]);
  turn.come();
  await settle();
  assertEquals(storage.labels(), ["second"], "there is one place, and it is taken");
  await storage.complete(0);
  assertEquals(storage.labels(), ["late"]);
  await storage.complete(0);
  assertEquals([await waiting, await other], ["0 late", "first+second"]);
});

Deno.test("a fulfilled condition is not waited for", async () => {
  const turn = new ManualTurn();
  turn.come();
  function* waits(): Operation<number> {
    return yield { kind: "wait", turn, label: "its turn" };
  }
  assertEquals(await new AsyncDriver([]).run(waits()), 0);
});

Deno.test("a driver without places for requests is refused", () => {
  for (const maxInFlight of [0, -1, NaN]) {
    assertThrows(() => new AsyncDriver([], { maxInFlight }), RangeError, "must be at least 1");
  }
});
