import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { Digest } from "./digest.ts";

const NUMBERS = fc.array(fc.oneof(fc.nat(3), fc.maxSafeNat()), { maxLength: 8 });

function digestOf(numbers: readonly number[]): string {
  const digest = new Digest();
  for (const value of numbers) digest.mix(value);
  return digest.toString();
}

seededTest("digests are the same for the same numbers, and differ for others", (seed) => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(NUMBERS, (numbers) => {
      const digest = digestOf(numbers);
      assertEquals(digest, digestOf([...numbers]));
      assertEquals(digest.length, 4);
      assertEquals(seen.get(digest) ?? numbers.join(), numbers.join());
      seen.set(digest, numbers.join());
    }),
    { seed, numRuns: 5000 },
  );
});

Deno.test("each bit of a number counts, and so do order and number", () => {
  const digests = new Set([digestOf([]), digestOf([0]), digestOf([0, 0]), digestOf([1, 2])]);
  digests.add(digestOf([2, 1]));
  for (let bit = 0; bit < 53; bit++) digests.add(digestOf([5, 2 ** bit, 5]));
  assertEquals(digests.size, 5 + 53);
});

Deno.test("neighbours of a cluster size, which is what is mixed in, do not meet", () => {
  const digests = new Set<string>();
  for (let i = 0; i < 300; i++) {
    for (let j = 0; j < 300; j++) digests.add(digestOf([i * 4096, j * 4096]));
  }
  assertEquals(digests.size, 300 * 300);
  const [one, other] = [new Digest(), new Digest()];
  one.mix(4096);
  other.mix(8192);
  // Either half alone tells them apart here.
  assertNotEquals(one.a, other.a);
  assert(one.b !== other.b);
});
