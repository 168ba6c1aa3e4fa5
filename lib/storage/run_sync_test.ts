import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { MemoryStorage } from "./memory_storage.ts";
import type { Operation, ReadRequest, Request, Turn, WriteRequest } from "./request.ts";
import { runSync, type SyncStorage } from "./run_sync.ts";
import { StorageError } from "./storage_error.ts";

const write = (offsetBytes: number, bytes: Uint8Array): WriteRequest => ({
  kind: "write",
  file: 0,
  offsetBytes,
  bytes,
  label: "data",
});
const read = (offsetBytes: number, into: Uint8Array): ReadRequest => ({
  kind: "read",
  file: 0,
  offsetBytes,
  into,
  label: "data",
});

function* perform(...requests: Request[]): Operation<number[]> {
  const answers: number[] = [];
  for (const request of requests) answers.push(yield request);
  return answers;
}

/** Storage that moves at most `most` bytes at a time, and counts. */
class ShortStorage implements SyncStorage {
  calls = 0;
  constructor(readonly inner: MemoryStorage, readonly most: number) {}

  perform(request: Request): number {
    this.calls++;
    const { most } = this;
    if (request.kind === "read") {
      return this.inner.perform({ ...request, into: request.into.subarray(0, most) });
    }
    if (request.kind === "write") {
      return this.inner.perform({ ...request, bytes: request.bytes.subarray(0, most) });
    }
    return this.inner.perform(request);
  }
}

Deno.test("runSync gives each request to the file it names and each answer to its yield", () => {
  const files = [new MemoryStorage(new Uint8Array(5)), new MemoryStorage(new Uint8Array(9))];
  const answers = runSync(
    perform({ kind: "size", file: 1 }, { kind: "size", file: 0 }, write(4, new Uint8Array(3))),
    files,
  );
  assertEquals(answers, [9, 5, 3]);
  assertEquals(files[0].sizeBytes, 7);
});

Deno.test("runSync finishes short writes", () => {
  const memory = new MemoryStorage();
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const short = new ShortStorage(memory, 7);
  assertEquals(runSync(perform(write(3, bytes)), [short]), [100]);
  assertEquals(short.calls, 15);
  assertEquals(memory.toBytes().subarray(3), bytes);
});

Deno.test("runSync finishes short reads, up to the end of the file", () => {
  const memory = new MemoryStorage(Uint8Array.from({ length: 50 }, (_, i) => i + 1));
  const into = new Uint8Array(60);
  assertEquals(runSync(perform(read(10, into)), [new ShortStorage(memory, 7)]), [40]);
  assertEquals(into.subarray(0, 40), memory.toBytes().subarray(10));
  assertEquals(into.subarray(40), new Uint8Array(20));
});

Deno.test("runSync answers zero for a read at the end of the file, without asking again", () => {
  const short = new ShortStorage(new MemoryStorage(new Uint8Array(8)), 100);
  assertEquals(runSync(perform(read(8, new Uint8Array(4))), [short]), [0]);
  assertEquals(short.calls, 1);
});

Deno.test("runSync finishes a transfer that comes byte by byte, however long it is", () => {
  const memory = new MemoryStorage();
  const bytes = new Uint8Array(2 ** 17).fill(7);
  const short = new ShortStorage(memory, 1);
  assertEquals(runSync(perform(write(0, bytes), read(0, new Uint8Array(2 ** 17))), [short]), [
    2 ** 17,
    2 ** 17,
  ]);
});

Deno.test("a write that makes no progress is an EIO and not an endless loop", () => {
  const stuck: SyncStorage = { perform: () => 0 };
  const error = assertThrows(
    () => runSync(perform(write(0, new Uint8Array(4))), [stuck]),
    StorageError,
  );
  assertEquals(error.code, "EIO");
});

Deno.test("a failing request is thrown at its yield, where the operation may handle it", () => {
  const full = new MemoryStorage(new Uint8Array(4), { capacityBytes: 8 });
  const request = write(6, new Uint8Array(4));
  let caught: unknown;
  function* handles(): Operation<string> {
    try {
      yield request;
      return "written";
    } catch (error) {
      caught = error;
      return `handled; ${yield { kind: "size", file: 0 }} bytes`;
    }
  }
  assertEquals(runSync(handles(), [full]), "handled; 4 bytes");
  assertInstanceOf(caught, StorageError);
  assertEquals([caught.code, caught.request], ["ENOSPC", request]);
  assertEquals(caught.message, "write of 4 bytes at 6 (data) failed: ENOSPC");
});

Deno.test("an error that the operation does not handle comes out of runSync", () => {
  const broken: SyncStorage = {
    perform(request) {
      throw new StorageError("EIO", request, "bad sector");
    },
  };
  const error = assertThrows(() => runSync(perform({ kind: "size", file: 0 }), [broken]));
  assertEquals((error as Error).message, "size query failed: EIO: bad sector");
});

Deno.test("an operation can clean up with further requests after an error", () => {
  const memory = new MemoryStorage(new Uint8Array(4), { capacityBytes: 4 });
  function* cleansUp(): Operation<void> {
    try {
      yield write(0, new Uint8Array(8));
    } finally {
      yield write(0, new Uint8Array([9]));
    }
  }
  assertThrows(() => runSync(cleansUp(), [memory]), StorageError);
  assertEquals(memory.toBytes()[0], 9);
});

Deno.test("a fulfilled condition passes; another one fails the operation", () => {
  function* waits(turn: Turn): Operation<number> {
    return yield { kind: "wait", turn, label: "its turn" };
  }
  assertEquals(runSync(waits({ isReady: true, whenReady: () => {} }), []), 0);
  assertThrows(
    () => runSync(waits({ isReady: false, whenReady: () => {} }), []),
    Error,
    "waiting (its turn) for another operation, but no other one is running",
  );
});
