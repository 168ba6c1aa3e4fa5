import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { Contents, SECTOR_BYTES, ZEROES } from "./contents.ts";

Deno.test("zeroes have the same id in every table", () => {
  const contents = new Contents();
  assertEquals(contents.idOf(new Uint8Array(SECTOR_BYTES)), ZEROES);
  assertEquals(contents.size, 1);
});

Deno.test("equal contents have one id, wherever they lie", () => {
  const contents = new Contents();
  const bytes = new Uint8Array(2 * SECTOR_BYTES).map((_, i) => i % SECTOR_BYTES);
  assertEquals(contents.idOf(bytes), contents.idOf(bytes, SECTOR_BYTES));
  assertNotEquals(contents.idOf(bytes), contents.idOf(bytes, 1));
});

Deno.test("bytes past the end count as zero", () => {
  const contents = new Contents();
  const padded = new Uint8Array(SECTOR_BYTES);
  padded.fill(5, 0, 12);
  assertEquals(contents.idOf(new Uint8Array(12).fill(5)), contents.idOf(padded));
  assertEquals(contents.idOf(new Uint8Array(12).fill(5), 12), ZEROES);
});

Deno.test("contents survive the growth of the table", () => {
  const contents = new Contents();
  const sector = new Uint8Array(SECTOR_BYTES);
  const view = new DataView(sector.buffer);
  const ids = Array.from({ length: 3000 }, (_, i) => {
    view.setUint32(SECTOR_BYTES - 4, i + 1);
    return contents.idOf(sector);
  });
  assertEquals(new Set(ids).size, 3000);
  ids.forEach((id, i) => {
    const bytes = contents.bytesOf(id);
    assertEquals(new DataView(bytes.buffer, bytes.byteOffset).getUint32(SECTOR_BYTES - 4), i + 1);
  });
});

seededTest("ids are equal exactly when the bytes are", (seed) => {
  const few = fc.array(fc.record({ at: fc.nat(SECTOR_BYTES - 1), value: fc.nat(2) }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.array(few, { minLength: 2, maxLength: 20 }), (sectors) => {
      const contents = new Contents();
      const byText = new Map<string, number>();
      for (const changes of sectors) {
        const bytes = new Uint8Array(SECTOR_BYTES);
        for (const { at, value } of changes) bytes[at] = value;
        const id = contents.idOf(bytes);
        assertEquals(contents.bytesOf(id), bytes);
        assertEquals(byText.get(bytes.join()) ?? id, id);
        byText.set(bytes.join(), id);
      }
      assertEquals(new Set(byText.values()).size, byText.size);
    }),
    { seed, numRuns: 100 },
  );
});
