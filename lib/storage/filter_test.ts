import { assertEquals, assertThrows } from "@std/assert";
import { type Filter, filtered, passThrough } from "./filter.ts";
import { MemoryStorage } from "./memory_storage.ts";
import type { Operation, Request } from "./request.ts";
import { AsyncDriver } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { StorageError } from "./storage_error.ts";

function* writeThenSize(bytes: Uint8Array): Operation<number> {
  yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
  yield { kind: "flush", file: 0, scope: "data", label: "flush" };
  return yield { kind: "size", file: 0 };
}

function spy(name: string, seen: string[]): Filter {
  return function* (request) {
    seen.push(`${name} ${request.kind}`);
    return yield request;
  };
}

const withoutFlush: Filter = function* (request) {
  return request.kind === "flush" ? 0 : yield request;
};

const halves: Filter = function* (request) {
  if (request.kind !== "write") return yield request;
  const half = Math.ceil(request.bytes.length / 2);
  const rest = request.bytes.subarray(half);
  yield { ...request, offsetBytes: request.offsetBytes + half, bytes: rest };
  yield { ...request, bytes: request.bytes.subarray(0, half) };
  return request.bytes.length;
};

Deno.test("passThrough changes nothing", () => {
  const memory = new MemoryStorage();
  assertEquals(runSync(filtered(writeThenSize(new Uint8Array(5)), passThrough), [memory]), 5);
});

Deno.test("the first filter is next to the operation, the last one next to storage", () => {
  const seen: string[] = [];
  const filters = [spy("above", seen), withoutFlush, halves, spy("below", seen)];
  runSync(filtered(writeThenSize(new Uint8Array(5)), ...filters), [new MemoryStorage()]);
  assertEquals(seen, [
    "above write",
    "below write",
    "below write",
    "above flush",
    "above size",
    "below size",
  ]);
});

Deno.test("a filter may split a request, and its own requests pass the filters below", () => {
  const memory = new MemoryStorage();
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7]);
  runSync(filtered(writeThenSize(bytes), halves, halves), [memory]);
  assertEquals(memory.toBytes(), bytes);
});

Deno.test("an error of a filter is thrown at the operation's yield", () => {
  const fails: Filter = function* (request) {
    if (request.kind === "flush") throw new StorageError("EIO", request);
    return yield request;
  };
  assertThrows(
    () => runSync(filtered(writeThenSize(new Uint8Array(1)), fails), [new MemoryStorage()]),
    StorageError,
    "flush (flush) failed: EIO",
  );
  function* survives(): Operation<string> {
    try {
      yield* writeThenSize(new Uint8Array(1));
      return "no error";
    } catch (error) {
      return (error as StorageError).code;
    }
  }
  assertEquals(runSync(filtered(survives(), fails), [new MemoryStorage()]), "EIO");
});

Deno.test("a filter can handle the failure of its requests", () => {
  const retriesWithLess: Filter = function* (request) {
    try {
      return yield request;
    } catch (error) {
      if (request.kind !== "write") throw error;
      return yield { ...request, bytes: request.bytes.subarray(0, 2) };
    }
  };
  const memory = new MemoryStorage(new Uint8Array(0), { capacityBytes: 2 });
  function* write(): Operation<number> {
    return yield { kind: "write", file: 0, offsetBytes: 0, bytes: new Uint8Array(4), label: "" };
  }
  // Two bytes fit, the rest does not: the error of the rest is the operation's.
  const error = assertThrows(() => runSync(filtered(write(), retriesWithLess), [memory]));
  assertEquals((error as StorageError).code, "ENOSPC");
  assertEquals(memory.sizeBytes, 2);
});

Deno.test("short transfers of a filter are finished before the operation continues", () => {
  const memory = new MemoryStorage();
  const shortens: Filter = function* (request) {
    if (request.kind === "write") return yield { ...request, bytes: request.bytes.subarray(0, 3) };
    if (request.kind === "read") return yield { ...request, into: request.into.subarray(0, 2) };
    return yield request;
  };
  const bytes = Uint8Array.from({ length: 10 }, (_, i) => i + 1);
  const into = new Uint8Array(12);
  function* both(): Operation<number[]> {
    const written = yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
    return [written, yield { kind: "read", file: 0, offsetBytes: 0, into, label: "data" }];
  }
  assertEquals(runSync(filtered(both(), shortens), [memory]), [10, 10]);
  assertEquals(into.subarray(0, 10), bytes);
});

Deno.test("filters run under the asynchronous driver as well", async () => {
  const memory = new MemoryStorage();
  const storage = { submit: (request: Request) => Promise.resolve(memory.perform(request)) };
  const seen: string[] = [];
  const operation = filtered(writeThenSize(new Uint8Array(6)), halves, spy("below", seen));
  assertEquals(await new AsyncDriver([storage]).run(operation), 6);
  assertEquals(seen, ["below write", "below write", "below flush", "below size"]);
});

Deno.test("filters do not see waits; the driver does", () => {
  const seen: string[] = [];
  function* waits(): Operation<number> {
    const turn = { isReady: true, whenReady: () => {} };
    const answer = yield { kind: "wait", turn, label: "its turn" };
    yield { kind: "size", file: 0 };
    return answer;
  }
  const { value } = filtered(waits(), spy("only", seen)).next();
  assertEquals(typeof value === "object" && value.kind, "wait");
  const operation = filtered(waits(), spy("only", seen));
  assertEquals(runSync(operation, [new MemoryStorage()]), 0);
  assertEquals(seen, ["only size"]);
});
