import {
  assertEquals,
  AssertionError,
  assertLess,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

function messageOf(actual: unknown, expected: unknown, msg?: string): string {
  return assertThrows(() => assertEquals(actual, expected, msg), AssertionError).message;
}

Deno.test("assertEquals() accepts equal structures", () => {
  assertEquals(NaN, NaN);
  assertEquals([1, [2n, { a: undefined }]], [1, [2n, { a: undefined }]]);
  assertEquals(new Set([[1]]), new Set([[1]]));
  assertEquals(new Map([[1, new Uint8Array(4)]]), new Map([[1, new Uint8Array(4)]]));
  assertEquals(new Date(5), new Date(5));
});

Deno.test("assertEquals() throws on unequal structures", () => {
  for (
    const [actual, expected] of [
      [1, 2],
      [1, 1n],
      [1, "1"],
      [{ a: 1 }, { a: 1, b: undefined }],
      [[1, 2], [1, 2, 3]],
      [new Map([[1, 1]]), new Map([[1, 2]])],
      [new Uint8Array(1), [0]],
      [new Uint8Array(1), new Uint8ClampedArray(1)],
      [null, undefined],
    ]
  ) {
    assertStringIncludes(messageOf(actual, expected), "Values are not equal");
  }
});

Deno.test("assertEquals() puts the given message first", () => {
  assertStringIncludes(messageOf(1, 2, "cluster count"), "Values are not equal: cluster count\n");
});

Deno.test("assertEquals() names the place of the first difference and shows a diff", () => {
  const message = messageOf(
    { tables: [[0, 1], [2, 3]], size: 1 },
    { tables: [[0, 1], [2, 4]], size: 2 },
  );
  assertStringIncludes(message, "first difference at .tables[1][1]: 3, expected 4");
  assertStringIncludes(message, "+   size: 1");
  assertStringIncludes(message, "-   size: 2");
});

Deno.test("assertEquals() shows only the rows where bytes differ", () => {
  const actual = new Uint8Array(1024 * 1024);
  const expected = actual.slice(0, -1);
  expected[0x234] = 0xfe;
  const message = messageOf(actual, expected);
  assertStringIncludes(message, "first difference at [564]: 0, expected 254");
  assertStringIncludes(message, "1 of 1048575 bytes differ");
  assertStringIncludes(message, "1048576 bytes, expected 1048575");
  assertStringIncludes(message, "expected 0x00000230: 00 00 00 00 fe 00");
  assertLess(message.length, 500);
});

Deno.test("assertEquals() tells byte arrays apart that one has more of", () => {
  const message = messageOf(new Uint8Array(16), new Uint8Array(17));
  assertStringIncludes(message, "0 of 16 bytes differ");
  assertStringIncludes(message, "16 bytes, expected 17");
  assertStrictEquals(message.includes("first difference"), false);
});

interface Link {
  value: number;
  next?: Link;
}

function ring(...values: number[]): Link {
  const links: Link[] = values.map((value) => ({ value }));
  links.forEach((link, index) => link.next = links[(index + 1) % links.length]);
  return links[0];
}

Deno.test("assertEquals() compares and describes cyclic values", () => {
  assertEquals(ring(1, 2), ring(1, 2));
  assertStringIncludes(messageOf(ring(1, 2), ring(1, 3)), "at .next.value: 2, expected 3");
  assertStringIncludes(messageOf(ring(1), ring(1, 1)), "Values are not equal");
});
