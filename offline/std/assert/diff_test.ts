import { assertEquals, AssertionError, assertLess, assertThrows } from "@std/assert";

function messageOf(actual: Uint8Array, expected: Uint8Array): string {
  return assertThrows(() => assertEquals(actual, expected), AssertionError).message;
}

Deno.test("a long stretch of equal lines is counted, not shown", () => {
  const actual = new Uint8Array(65_536);
  const expected = actual.slice();
  expected[30_000] = 254;
  const message = messageOf(actual, expected);
  assertLess(message.length, 1000);
  // One line for the name of the class, then one for each byte before those that are shown.
  const lines = message.split("\n");
  const changed = lines.indexOf("+     254,");
  const hidden = lines.indexOf("    ... 29961 equal lines ...");
  assertEquals([lines[changed - 1], changed - hidden], ["-     0,", 22]);
});

Deno.test("two long texts without a line in common are shown one after the other", () => {
  const lines = messageOf(new Uint8Array(3000).fill(1), new Uint8Array(3000).fill(2)).split("\n");
  assertEquals(lines.lastIndexOf("-     1,") + 1, lines.indexOf("+     2,"));
  assertEquals(lines.filter((line) => line === "+     2,").length, 3000);
});
