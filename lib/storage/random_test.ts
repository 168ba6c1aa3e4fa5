import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "./random.ts";

Deno.test("the same seed gives the same numbers, another one gives others", () => {
  const numbers = (...seed: (string | number)[]) => {
    const random = new Random(...seed);
    return Array.from({ length: 20 }, () => random.u32());
  };
  assertEquals(numbers("a", 1), numbers("a", 1));
  assertNotEquals(numbers("a", 1), numbers("a", 2));
  assertNotEquals(numbers("a", 1), numbers("b", 1));
  assertNotEquals(numbers("a1"), numbers("a", 1));
});

Deno.test("numbers stay below their limit and reach all of it", () => {
  const random = new Random("limits");
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) seen.add(random.below(10));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (let i = 0; i < 1000; i++) {
    const large = random.below(2 ** 53);
    assert(Number.isSafeInteger(large) && large >= 0);
    const between = random.between(-2, 2);
    assert(between >= -2 && between <= 2);
  }
  assertEquals(random.below(1), 0);
});

Deno.test("weights are kept, zero among them", () => {
  const random = new Random("weights");
  const counts = { often: 0, seldom: 0, never: 0 };
  for (let i = 0; i < 4000; i++) {
    counts[
      random.weighted([[9, "often" as const], [0, "never" as const], [1, "seldom" as const]])
    ]++;
  }
  assertEquals(counts.never, 0);
  assert(counts.often > 5 * counts.seldom && counts.seldom > 100, JSON.stringify(counts));
});
