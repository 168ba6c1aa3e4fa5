import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { describeContents, expandContents, parsePart } from "./parts.ts";
import { SparseFile } from "../../lib/storage/sparse_file.ts";

Deno.test("a description names what is not zero, runs by their length", () => {
  const disk = new SparseFile(2 ** 50);
  disk.write(4094, new Uint8Array([1, 2, 0, 3]));
  disk.write(4098, new Uint8Array(9000).fill(7));
  disk.write(2 ** 49, new Uint8Array(100));
  disk.write(2 ** 49 + 3, new Uint8Array([255]));
  assertEquals(describeContents(disk), {
    bytes: "1125899906842624",
    parts: ["4094 01020003", "4098 07*9000", "562949953421315 ff"],
  });
});

seededTest("what is described comes back, and has one description", (seed) => {
  const writes = fc.array(
    fc.record({
      offsetBytes: fc.nat(20_000),
      lengthBytes: fc.integer({ min: 1, max: 9000 }),
      values: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 90 }),
    }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(writes, fc.nat(30_000), (list, sizeBytes) => {
      const disk = new SparseFile();
      for (const { offsetBytes, lengthBytes, values } of list) {
        disk.write(
          offsetBytes,
          Uint8Array.from({ length: lengthBytes }, (_, i) => {
            return values[Math.min(i, values.length - 1)];
          }),
        );
      }
      disk.resize(sizeBytes);
      const text = describeContents(disk);
      const again = expandContents(text);
      assertEquals(again.sizeBytes, sizeBytes);
      assertEquals(again.read(0, sizeBytes), disk.read(0, sizeBytes));
      assertEquals(describeContents(again), text);
    }),
    { seed, numRuns: 100 },
  );
});

for (const text of ["", "4096", "-1 00", "0 0", "0 gg", "0 00*", "1e3 00", "0 ff*999999999"]) {
  Deno.test(`"${text}" is no part`, () => {
    assertThrows(() => parsePart(text), SyntaxError);
  });
}
