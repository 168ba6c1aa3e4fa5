import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { NumbersKey } from "./numbers_key.ts";

/** The numbers where a key changes from one unit to several, and those at the end of what is exact. */
const SPECIAL = [0, 0x3fff, 0x4000, 0x7fff, 0xbfff, 0xffff, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
const NUMBER = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.tuple(fc.constantFrom(...SPECIAL), fc.constantFrom(-1, 1), fc.integer({ min: -1, max: 1 }))
    .map(([value, sign, more]) =>
      Math.max(-(2 ** 53) + 1, Math.min(2 ** 53 - 1, sign * value + more))
    )
    // Not -0, which is the same number.
    .map((value) => value + 0),
  fc.maxSafeInteger(),
);
const NUMBERS = fc.array(NUMBER, { maxLength: 6 });

function keyOf(numbers: readonly number[]): string {
  const key = new NumbersKey();
  for (const value of numbers) key.add(value);
  return key.toString();
}

/** What numbers a key was made of: there is only one way to read it, so no others make the same. */
function readBack(key: string): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    if (unit !== 0xffff) numbers.push(unit - 0x4000);
    else {
      const [a, b, c, d] = [1, 2, 3, 4].map((ahead) => key.charCodeAt(at + ahead));
      numbers.push((c | d << 16) * 2 ** 32 + b * 2 ** 16 + a);
      at += 4;
    }
  }
  return numbers;
}

seededTest("keys are equal exactly if the numbers are: they can be read back", (seed) => {
  fc.assert(
    fc.property(NUMBERS, (numbers) => {
      assertEquals(readBack(keyOf(numbers)), numbers);
    }),
    { seed, numRuns: 5000 },
  );
});

Deno.test("a key may be longer than what fits on the stack, and be used again", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => i * 7919);
  const key = new NumbersKey();
  for (const value of many) key.add(value);
  assertEquals(readBack(key.toString()), many);
  key.clear();
  assertEquals(key.toString(), "");
});
