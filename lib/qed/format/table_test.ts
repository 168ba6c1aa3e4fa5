import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../../test_support/seeds.ts";
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
    const { offsetBytes, bytes } = made.sectorRange(index, count);
    return [offsetBytes - made.offsetBytes, bytes.length];
  };
  assertEquals(place(0, 1), [0, 512]);
  assertEquals(place(63, 1), [0, 512]);
  assertEquals(place(64, 1), [512, 512]);
  assertEquals(place(63, 2), [0, 1024]);
  assertEquals(place(61, 5), [0, 1024]);
  assertEquals(place(511, 1), [3584, 512]);
});

Deno.test("an extent is the same special value, or adjacent clusters", () => {
  const made = table(0, 0, 1, 1, 4096, 8192, 12288, 20480, 20480);
  const run = (index: number, most = 100) => made.extentLength(index, most, 4096);
  assertEquals([run(0), run(2), run(3), run(4), run(5, 1), run(7), run(8)], [2, 2, 1, 3, 1, 1, 1]);
});

/** Sizes with one stripe for each group of eight entries, and with more entries than that. */
const TABLE_BYTES = fc.constantFrom(64, 512, 1024, 4096, 8192, 65536);
const CHANGE = fc.record({
  /** Where, as a share of the table: at the borders of stripes too. */
  at: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.constant(0)),
  value: fc.constantFrom(0, 0, 1, 4096, 2 ** 40),
  /** Whether it is put there without the table knowing, as a read from the file does. */
  isRead: fc.boolean(),
});

seededTest("the next used entry is the one that a scan of each entry finds", (seed) => {
  fc.assert(
    fc.property(
      TABLE_BYTES,
      fc.array(CHANGE, { maxLength: 12 }),
      fc.nat(7),
      (size, changes, off) => {
        const made = new Table(FRESH_BUFFERS.take(size), 0x10000);
        const count = size / 8;
        const check = () => {
          let next = count;
          for (let from = count; from >= 0; from--) {
            if (from < count && made.exactEntry(from) !== 0n) next = from;
            if (size <= 4096 || from % 97 === off || next - from < 2) {
              assertEquals(made.nextUsed(from), next, `from ${from}`);
            }
          }
        };
        check();
        for (const { at, value, isRead } of changes) {
          const index = Math.min(count - 1, Math.floor(at * count / 8) * 8 + off);
          if (isRead) {
            made.block.words[2 * index + 1] = value === 0 ? 0 : 1 << 31;
            made.noteRefilled();
          } else made.setEntry(index, value);
          check();
        }
      },
    ),
    { seed, numRuns: 60 },
  );
});
