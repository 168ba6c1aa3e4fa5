import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../lib/testing/seeds_testing.ts";
import { NumbersKey } from "./numbers_key.ts";

/** The numbers where a key changes from one unit to several, and those at the end of what is exact. */
const SPECIAL = [0, 0x3fff, 0x4000, 0x7fff, 0xffff, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
const NUMBER = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.tuple(fc.constantFrom(...SPECIAL), fc.constantFrom(-1, 1), fc.integer({ min: -1, max: 1 }))
    .map(([value, sign, more]) =>
      Math.max(-(2 ** 53) + 1, Math.min(2 ** 53 - 1, sign * value + more))
    )
    .map((value) => value + 0),
  fc.maxSafeInteger(),
);
const NUMBERS = fc.array(NUMBER, { maxLength: 6 });

function keyOf(numbers: readonly number[]): string {
  const key = new NumbersKey();
  for (const value of numbers) key.add(value);
  return key.toString();
}

seededTest("keys are equal exactly if the numbers are", (seed) => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(NUMBERS, NUMBERS, (a, b) => {
      for (const numbers of [a, b, [...a, ...b]]) {
        const text = numbers.join();
        assertEquals(seen.get(keyOf(numbers)) ?? text, text);
        seen.set(keyOf(numbers), text);
      }
      assertEquals(keyOf(a) === keyOf(b), a.join() === b.join());
    }),
    { seed, numRuns: 3000 },
  );
});

Deno.test("a key may be longer than what fits on the stack, and be used again", () => {
  const many = Array.from({ length: 200_000 }, (_, i) => i * 7919);
  const key = new NumbersKey();
  for (const value of many) key.add(value);
  assertEquals(key.toString() === keyOf(many), true);
  assertEquals(key.toString() === keyOf([...many.slice(0, -1), 1]), false);
  key.clear();
  assertEquals(key.toString(), "");
});
