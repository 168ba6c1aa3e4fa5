import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { dataRanges, isZero } from "./data_ranges.ts";

Deno.test("bytes are zero only if all of them are, also in more than a mebibyte", () => {
  const bytes = new Uint8Array(3 << 20);
  assertEquals(isZero(bytes), true);
  assertEquals(isZero(bytes.subarray(0, 0)), true);
  for (const at of [0, 1, (1 << 20) - 1, 1 << 20, bytes.length - 1]) {
    bytes[at] = 1;
    assertEquals(isZero(bytes), false);
    bytes[at] = 0;
  }
});

seededTest("data ranges cover every byte that is not zero, in whole units", (seed) => {
  const units = fc.array(fc.constantFrom(0, 0, 1, 2, 3), { maxLength: 30 });
  fc.assert(
    fc.property(units, fc.integer({ min: 1, max: 4 }), (values, unitBytes) => {
      const bytes = new Uint8Array(values.length * unitBytes);
      // A value says which byte of its unit is not zero.
      values.forEach((value, i) => {
        if (value > 0) bytes[i * unitBytes + (value - 1) % unitBytes] = value;
      });
      const covered = new Set<number>();
      let last = -1;
      for (const { start, end } of dataRanges(bytes, unitBytes)) {
        assertEquals(start > last, true, "runs do not touch");
        for (let unit = start / unitBytes; unit < end / unitBytes; unit++) covered.add(unit);
        last = end;
      }
      assertEquals(
        [...covered],
        values.flatMap((value, i) => value > 0 ? [i] : []),
      );
    }),
    { seed, numRuns: 200 },
  );
});
