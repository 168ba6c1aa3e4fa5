import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { Digest, digestOf, textDigest } from "./digest.ts";

const NUMBERS = fc.array(fc.oneof(fc.nat(3), fc.maxSafeNat()), { maxLength: 8 });

function mixed(numbers: readonly number[]): string {
  const digest = new Digest();
  for (const value of numbers) digest.mix(value);
  return digest.toString();
}

seededTest("digests are the same for the same numbers, and differ for others", (seed) => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(NUMBERS, (numbers) => {
      const digest = mixed(numbers);
      assertEquals(digest, mixed([...numbers]));
      assertEquals(digest.length, 4);
      assertEquals(seen.get(digest) ?? numbers.join(), numbers.join());
      seen.set(digest, numbers.join());
    }),
    { seed, numRuns: 5000 },
  );
});

Deno.test("each bit of a number counts, and so do order and number", () => {
  const digests = new Set([mixed([]), mixed([0]), mixed([0, 0]), mixed([1, 2])]);
  digests.add(mixed([2, 1]));
  for (let bit = 0; bit < 53; bit++) digests.add(mixed([5, 2 ** bit, 5]));
  assertEquals(digests.size, 5 + 53);
});

Deno.test("multiples of a cluster size have different digests", () => {
  const digests = new Set<string>();
  for (let i = 0; i < 300; i++) {
    for (let j = 0; j < 300; j++) digests.add(mixed([i * 4096, j * 4096]));
  }
  assertEquals(digests.size, 300 * 300);
  const [one, other] = [new Digest(), new Digest()];
  one.mix(4096);
  other.mix(8192);
  // Either half alone tells them apart here.
  assertNotEquals(one.a, other.a);
  assert(one.b !== other.b);
});

Deno.test("a digest of parts depends on where each part ends", () => {
  const digests = [
    digestOf("ab"),
    digestOf("a", "b"),
    digestOf("b", "a"),
    digestOf(""),
    digestOf(),
    digestOf(new Uint8Array([1])),
  ];
  assertEquals(new Set(digests).size, digests.length);
  assertEquals(digestOf("a", 1, new Uint8Array([7])), digestOf("a", "1", new Uint8Array([7])));
});

Deno.test("a digest of a text has eight digits and depends on each character", () => {
  const digests = ["", "a", "b", "ab", "ba", "a".repeat(1000)].map(textDigest);
  assertEquals(new Set(digests).size, digests.length);
  assert(digests.every((digest) => /^[0-9a-f]{8}$/.test(digest)));
});
