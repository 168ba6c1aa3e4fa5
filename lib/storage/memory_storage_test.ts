import { assertEquals, assertThrows } from "@std/assert";
import { MemoryStorage } from "./memory_storage.ts";
import { StorageError } from "./storage_error.ts";

function write(storage: MemoryStorage, offsetBytes: number, ...bytes: number[]): number {
  return storage.perform({
    kind: "write",
    file: 0,
    offsetBytes,
    bytes: new Uint8Array(bytes),
    label: "data",
  });
}

function read(storage: MemoryStorage, offsetBytes: number, lengthBytes: number): number[] {
  const into = new Uint8Array(lengthBytes).fill(99);
  const moved = storage.perform({ kind: "read", file: 0, offsetBytes, into, label: "data" });
  return [moved, ...into];
}

function resize(storage: MemoryStorage, sizeBytes: number): void {
  storage.perform({ kind: "resize", file: 0, sizeBytes, label: "resize" });
}

Deno.test("memory starts as a copy: later changes of the source do not show", () => {
  const initial = new Uint8Array([1, 2]);
  const storage = new MemoryStorage(initial);
  initial[0] = 9;
  assertEquals(storage.toBytes(), new Uint8Array([1, 2]));
});

Deno.test("a write past the end grows the file, with zeroes between", () => {
  const storage = new MemoryStorage(new Uint8Array([5]));
  assertEquals(write(storage, 3, 7, 8), 2);
  assertEquals(storage.toBytes(), new Uint8Array([5, 0, 0, 7, 8]));
  assertEquals(storage.perform({ kind: "size", file: 0 }), 5);
});

Deno.test("a read stops at the end of the file and does not change the rest of the buffer", () => {
  const storage = new MemoryStorage(new Uint8Array([1, 2, 3]));
  assertEquals(read(storage, 1, 4), [2, 2, 3, 99, 99]);
  assertEquals(read(storage, 3, 1), [0, 99]);
  assertEquals(read(storage, 1000, 1), [0, 99]);
});

Deno.test("bytes cut off by a shrink read as zeroes after growing again", () => {
  const storage = new MemoryStorage(new Uint8Array([1, 2, 3, 4]));
  resize(storage, 2);
  assertEquals(storage.toBytes(), new Uint8Array([1, 2]));
  resize(storage, 4);
  assertEquals(storage.toBytes(), new Uint8Array([1, 2, 0, 0]));
  resize(storage, 1);
  write(storage, 3, 9);
  assertEquals(storage.toBytes(), new Uint8Array([1, 0, 0, 9]));
});

Deno.test("a discard reads as zeroes and keeps the size", () => {
  const storage = new MemoryStorage(new Uint8Array([1, 2, 3, 4]));
  const discard = (offsetBytes: number, lengthBytes: number) =>
    storage.perform({ kind: "discard", file: 0, offsetBytes, lengthBytes, label: "discard" });
  discard(1, 2);
  assertEquals(storage.toBytes(), new Uint8Array([1, 0, 0, 4]));
  discard(3, 100);
  discard(50, 1);
  assertEquals(storage.toBytes(), new Uint8Array([1, 0, 0, 0]));
});

Deno.test("growing past the capacity is ENOSPC and changes nothing", () => {
  const storage = new MemoryStorage(new Uint8Array([1]), { capacityBytes: 4 });
  for (const grow of [() => write(storage, 3, 1, 2), () => resize(storage, 5)]) {
    assertEquals(assertThrows(grow, StorageError).code, "ENOSPC");
    assertEquals(storage.toBytes(), new Uint8Array([1]));
  }
  write(storage, 0, 1, 2, 3, 4);
  assertEquals(storage.sizeBytes, 4);
});
