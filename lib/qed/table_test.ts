import { assertEquals } from "@std/assert";
import { FRESH_BUFFERS } from "./buffers.ts";
import { Table } from "./table.ts";

function table(...entries: number[]): Table {
  const made = new Table(FRESH_BUFFERS.take(4096), 0x10000);
  entries.forEach((value, index) => made.setEntry(index, value));
  return made;
}

Deno.test("entries are little-endian 64-bit numbers", () => {
  const made = table(0x1234_5678_9abc);
  const bytes = [0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12, 0, 0];
  assertEquals([...made.block.bytes.subarray(0, 8)], bytes);
  assertEquals([made.entry(0), made.exactEntry(0)], [0x1234_5678_9abc, 0x1234_5678_9abcn]);
  assertEquals(made.entryOffsetBytes(3), 0x10018);
});

Deno.test("an entry with only the highest bit set is not taken for zero", () => {
  const made = table();
  made.block.bytes[15] = 0x80;
  assertEquals([made.entry(1), made.exactEntry(1)], [2 ** 63, 1n << 63n]);
});

Deno.test("changed entries are written in whole sectors, and no more of them than needed", () => {
  const made = table();
  const place = (index: number, count: number) => {
    const { offsetBytes, bytes } = made.sectorsOf(index, count);
    return [offsetBytes - made.offsetBytes, bytes.length];
  };
  assertEquals(place(0, 1), [0, 512]);
  assertEquals(place(63, 1), [0, 512]);
  assertEquals(place(64, 1), [512, 512]);
  assertEquals(place(63, 2), [0, 1024]);
  assertEquals(place(61, 5), [0, 1024]);
  assertEquals(place(511, 1), [3584, 512]);
});

Deno.test("a run is the same special value, or clusters that follow each other", () => {
  const made = table(0, 0, 1, 1, 4096, 8192, 12288, 20480, 20480);
  const run = (index: number, most = 100) => made.runLength(index, most, 4096);
  assertEquals([run(0), run(2), run(3), run(4), run(5, 1), run(7), run(8)], [2, 2, 1, 3, 1, 1, 1]);
});
