import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { existsSync } from "@std/fs";
import { optionalTest } from "../../test_support/optional.ts";
import { type FileMode, FileStorage } from "./file_storage.ts";
import { passThrough } from "./filter.ts";
import type { Operation, Request } from "./request.ts";
import { AsyncDriver } from "./run_async.ts";
import { StorageError } from "./storage_error.ts";

function withFile(body: (path: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const dir = Deno.makeTempDirSync({ prefix: "powercut_file_" });
    try {
      await body(`${dir}/file`);
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  };
}

const write = (offsetBytes: number, ...bytes: number[]): Request => ({
  kind: "write",
  file: 0,
  offsetBytes,
  bytes: new Uint8Array(bytes),
  label: "data",
});
const read = (offsetBytes: number, into: Uint8Array): Request => ({
  kind: "read",
  file: 0,
  offsetBytes,
  into,
  label: "data",
});
const flush = (scope: "data" | "file"): Request => ({ kind: "flush", file: 0, scope, label: "" });
const resize = (sizeBytes: number): Request => ({ kind: "resize", file: 0, sizeBytes, label: "" });
const discard = (offsetBytes: number, lengthBytes: number): Request => ({
  kind: "discard",
  file: 0,
  offsetBytes,
  lengthBytes,
  label: "",
});

const everyKind: Request[] = [
  write(0, 1),
  read(0, new Uint8Array(1)),
  flush("data"),
  flush("file"),
  { kind: "size", file: 0 } as const,
  resize(4),
  discard(0, 1),
];

Deno.test(
  "every kind of request has its effect on a real file",
  withFile((path) => {
    using storage = FileStorage.open(path, "create");
    assertEquals(storage.perform(write(2, 1, 2, 3)), 3);
    assertEquals(Deno.readFileSync(path), new Uint8Array([0, 0, 1, 2, 3]));
    assertEquals(storage.perform({ kind: "size", file: 0 }), 5);
    const into = new Uint8Array(4);
    assertEquals([storage.perform(read(3, into)), ...into], [2, 2, 3, 0, 0]);
    assertEquals(storage.perform(read(5, into)), 0);
    assertEquals([storage.perform(flush("data")), storage.perform(flush("file"))], [0, 0]);
    storage.perform(resize(4));
    storage.perform(discard(2, 1));
    storage.perform(discard(3, 100));
    assertEquals(Deno.readFileSync(path), new Uint8Array([0, 0, 0, 0]));
    storage.perform(resize(6));
    assertEquals(Deno.statSync(path).size, 6);
  }),
);

Deno.test(
  "many asynchronous requests at a time go to their own offsets",
  withFile(async (path) => {
    using storage = FileStorage.open(path, "create");
    const driver = new AsyncDriver([storage]);
    const pieces = Array.from({ length: 200 }, (_, i) => i);
    function* only(request: Request): Operation<number> {
      return yield request;
    }
    const perform = (request: Request) => driver.run(only(request));
    await Promise.all(pieces.map((i) => perform(write(i * 3, i, i, i))));
    assertEquals(await perform(flush("data")), 0);
    assertEquals(await perform(flush("file")), 0);
    const buffers = await Promise.all(pieces.map(async (i) => {
      const into = new Uint8Array(3);
      assertEquals(await perform(read(i * 3, into)), 3);
      return [...into];
    }));
    assertEquals(buffers, pieces.map((i) => [i, i, i]));
    assertEquals(await perform({ kind: "size", file: 0 }), 600);
    await perform(discard(0, 3));
    await perform(resize(3));
    assertEquals(Deno.readFileSync(path), new Uint8Array(3));
  }),
);

Deno.test(
  "requests to a closed file fail with EBADF, and closing twice is fine",
  withFile(async (path) => {
    const storage = FileStorage.open(path, "create");
    storage.close();
    storage.close();
    for (const request of everyKind) {
      const error = assertThrows(() => storage.perform(request), StorageError);
      assertEquals([error.code, error.request], ["EBADF", request]);
      const later = await assertRejects(() => storage.submit(request), StorageError);
      assertInstanceOf(later, StorageError);
      assertEquals(later.code, "EBADF");
    }
  }),
);

Deno.test(
  "changing a file that was opened read-only fails and does not change it",
  withFile((path) => {
    Deno.writeFileSync(path, new Uint8Array([1, 2]));
    using storage = FileStorage.open(path, "read-only");
    assertThrows(() => storage.perform(write(0, 9)), StorageError, "EBADF");
    assertThrows(() => storage.perform(resize(0)), StorageError, "EINVAL");
    assertEquals(Deno.readFileSync(path), new Uint8Array([1, 2]));
  }),
);

Deno.test(
  "the modes differ for existing and missing files",
  withFile((path) => {
    const codeOf = (mode: FileMode) => {
      try {
        FileStorage.open(path, mode).close();
        return "opened";
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    assertEquals(codeOf("read-only"), "ENOENT");
    assertEquals(codeOf("read-write"), "ENOENT");
    assertEquals(codeOf("create-new"), "opened");
    assertEquals(codeOf("create-new"), "EEXIST");
    Deno.writeFileSync(path, new Uint8Array(3));
    assertEquals(codeOf("read-write"), "opened");
    assertEquals(Deno.statSync(path).size, 3);
    assertEquals(codeOf("create"), "opened");
    assertEquals(Deno.statSync(path).size, 0);
  }),
);

Deno.test(
  "a directory is refused with EISDIR in every mode",
  withFile((path) => {
    Deno.mkdirSync(path);
    for (const mode of ["read-only", "read-write"] as const) {
      const error = assertThrows(() => FileStorage.open(path, mode));
      assertEquals((error as { code?: string }).code, "EISDIR");
    }
  }),
);

Deno.test(
  "identity tells whether two open files are the same one",
  withFile((path) => {
    using first = FileStorage.open(path, "create");
    using second = FileStorage.open(path, "read-only");
    using other = FileStorage.open(`${path}.other`, "create");
    assertEquals(first.identity, second.identity);
    assertEquals(first.identity === other.identity, false);
  }),
);

optionalTest({
  name: "a full device is ENOSPC",
  missing: existsSync("/dev/full") ? undefined : "there is no /dev/full",
  body: () => {
    using storage = FileStorage.open("/dev/full", "read-write");
    const error = assertThrows(() => storage.perform(write(0, 1)), StorageError);
    assertEquals(error.code, "ENOSPC");
  },
});

Deno.test(
  "asynchronous reads return the contents, from memory or from another thread",
  withFile(async (path) => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i * 31 >> 3);
    Deno.writeFileSync(path, bytes);
    using storage = FileStorage.open(path, "read-only");
    const driver = new AsyncDriver([storage]);
    // Enough of them that some go to another thread.
    await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      const into = new Uint8Array(100).fill(0xff);
      const offset = i * 26;
      const count = await driver.run(passThrough(read(offset, into)));
      const expected = bytes.subarray(offset, offset + 100);
      assertEquals(count, expected.length);
      assertEquals(into.subarray(0, count), expected);
      assertEquals(into.subarray(count), new Uint8Array(100 - count).fill(0xff));
    }));
  }),
);

Deno.test(
  "a long series of reads leaves room for timers",
  withFile(async (path) => {
    Deno.writeFileSync(path, new Uint8Array(100));
    using storage = FileStorage.open(path, "read-only");
    const driver = new AsyncDriver([storage]);
    let isOver = false;
    setTimeout(() => isOver = true, 0);
    while (!isOver) await driver.run(passThrough(read(0, new Uint8Array(100))));
  }),
);

Deno.test(
  "announcing a read changes nothing, also where there is nothing to read",
  withFile((path) => {
    Deno.writeFileSync(path, new Uint8Array([1, 2, 3]));
    using storage = FileStorage.open(path, "read-only");
    storage.willRead(0, 3);
    storage.willRead(2 ** 53 - 4096, 4096);
    const into = new Uint8Array(3);
    assertEquals([storage.perform(read(0, into)), ...into], [3, 1, 2, 3]);
    assertEquals(storage.perform({ kind: "size", file: 0 }), 3);
  }),
);
