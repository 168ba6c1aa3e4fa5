import { assertEquals } from "@std/assert";
import { BufferPool, FRESH_BUFFERS } from "./buffers.ts";

Deno.test("a block is zero bytes, seen as bytes and as words", () => {
  const { bytes, words } = FRESH_BUFFERS.take(8);
  assertEquals([bytes.length, words.length], [8, 2]);
  bytes[4] = 7;
  assertEquals([...words], [0, 7]);
});

Deno.test("a pool hands out the same blocks again after recycling, and zeroed", () => {
  const pool = new BufferPool();
  const first = [pool.take(8), pool.take(8), pool.take(16)];
  assertEquals(new Set(first.map(({ bytes }) => bytes.buffer)).size, 3);
  for (const { bytes } of first) bytes.fill(9);
  pool.recycle();
  const second = [pool.take(8), pool.take(8), pool.take(16)];
  second.forEach(({ bytes }, i) => {
    assertEquals(bytes.buffer === first[i].bytes.buffer, true);
    assertEquals(bytes.every((byte) => byte === 0), true);
  });
  assertEquals(pool.take(8).bytes.buffer === first[0].bytes.buffer, false);
});
