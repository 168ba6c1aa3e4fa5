import { assertEquals } from "@std/assert";
import * as fs from "node:fs";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { libc } from "./libc.ts";
import { readCached } from "./read_cached.ts";

Deno.test("a read from memory returns the contents of the file, up to its end", () =>
  inTempDir((dir) => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i * 7 >> 2);
    Deno.writeFileSync(`${dir}/file`, bytes);
    const descriptor = fs.openSync(`${dir}/file`, "r");
    try {
      for (const offset of [0, 1, 2900, 3000, 5000]) {
        const into = new Uint8Array(200);
        // Some file systems do not say what is in memory.
        const count = readCached(descriptor, into, offset) ?? fs.readSync(
          descriptor,
          into,
          0,
          200,
          offset,
        );
        assertEquals(into.subarray(0, count), bytes.subarray(offset, offset + 200));
      }
    } finally {
      fs.closeSync(descriptor);
    }
  }));

Deno.test("part of a buffer is filled, and nothing around it", () =>
  inTempDir((dir) => {
    Deno.writeFileSync(`${dir}/file`, new Uint8Array(100).fill(9));
    const descriptor = fs.openSync(`${dir}/file`, "r");
    try {
      const buffer = new Uint8Array(30);
      const count = readCached(descriptor, buffer.subarray(10, 20), 0) ?? 0;
      const expected = new Uint8Array(30).fill(9, 10, 10 + count);
      assertEquals(buffer, expected);
    } finally {
      fs.closeSync(descriptor);
    }
  }));

Deno.test("an error, and a read of no bytes, return undefined", () => {
  assertEquals(readCached(-1, new Uint8Array(10), 0), undefined);
  assertEquals(readCached(0, new Uint8Array(0), 0), undefined);
});

Deno.test("the C library is loaded once", () => {
  assertEquals(libc() === libc(), true);
});
