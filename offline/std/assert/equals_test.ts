import {
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

class Point {
  #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  get x(): number {
    return this.#x;
  }
}

class OtherPoint extends Point {}

interface Link {
  value: number;
  next?: Link;
}

function ring(...values: number[]): Link {
  const links: Link[] = values.map((value) => ({ value }));
  links.forEach((link, index) => link.next = links[(index + 1) % links.length]);
  return links[0];
}

const withoutPrototype = (value: object): object => Object.assign(Object.create(null), value);

const EQUAL: [unknown, unknown][] = [
  [NaN, NaN],
  [[0, new Float64Array([0])], [-0, new Float64Array([-0])]],
  [[1, [2n, { a: undefined }]], [1, [2n, { a: undefined }]]],
  [{ a: 1, b: 2, [Symbol.for("c")]: 3 }, { [Symbol.for("c")]: 3, b: 2, a: 1 }],
  [withoutPrototype({ a: 1 }), { a: 1 }],
  [new Set([1, { a: 1 }, { b: 1 }]), new Set([{ b: 1 }, 1, { a: 1 }])],
  [
    new Map<unknown, unknown>([[[1], 2], [3, [4]]]),
    new Map<unknown, unknown>([[3, [4]], [[1], 2]]),
  ],
  [new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)],
  [new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
  [new Date(NaN), new Date(NaN)],
  [/a/g, /a/g],
  [new URL("file:///a"), new URL("file:///a")],
  [new WeakRef([1]), new WeakRef([1])],
  [new Point(1), new Point(1)],
  [ring(1, 2), ring(1, 2)],
];

const UNEQUAL: [unknown, unknown][] = [
  [1, 2],
  [1, 1n],
  [1, "1"],
  [null, undefined],
  [null, {}],
  [{ a: 1 }, { a: 1, b: undefined }],
  [{ a: undefined }, { b: undefined }],
  [{ [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 2 }],
  [[1, 2], [1, 2, 3]],
  [[,], [undefined]],
  [new Set([1]), new Set([2])],
  [new Set([{ a: 1 }, { b: 1 }]), new Set([{ a: 1 }, { b: 2 }])],
  [new Map([[1, { a: 1 }]]), new Map([[1, { a: 2 }]])],
  [new Map([[{ a: 1 }, 1]]), new Map([[{ a: 2 }, 1]])],
  [new Uint8Array(1), [0]],
  [new Uint8Array(1), new Uint8ClampedArray(1)],
  [new Uint8Array(1), new Uint8Array(2)],
  [new ArrayBuffer(1), new ArrayBuffer(2)],
  [new Date(1), new Date(2)],
  [/a/, /a/i],
  [new URLSearchParams("a=1"), new URLSearchParams("a=2")],
  [new Point(1), new Point(2)],
  [new Point(1), new OtherPoint(1)],
  [new Error("a"), new Error("b")],
  [() => 1, () => 1],
  [ring(1, 2), ring(1, 3)],
];

Deno.test("assertEquals() and assertNotEquals() agree on what is equal", () => {
  for (const [one, other] of EQUAL) {
    assertEquals(one, other);
    assertThrows(() => assertNotEquals(one, other), AssertionError, "Expected actual: ");
  }
  for (const [one, other] of UNEQUAL) {
    assertNotEquals(one, other);
    assertNotEquals(other, one);
    assertThrows(() => assertEquals(one, other), AssertionError, "Values are not equal.");
  }
});

Deno.test("assertEquals() refuses to compare what cannot be looked into", () => {
  assertThrows(() => assertEquals(new WeakMap(), new WeakMap()), TypeError, "WeakMap");
  assertThrows(() => assertEquals(new WeakSet(), new WeakSet()), TypeError, "WeakSet");
});

function messageOf(actual: unknown, expected: unknown, msg?: string): string {
  return assertThrows(() => assertEquals(actual, expected, msg), AssertionError).message;
}

Deno.test("assertEquals() shows a difference line by line, after the caller's message", () => {
  const message = messageOf({ b: [1, 2], a: 1 }, { b: [1, 3], a: 1 }, "tables");
  assertStringIncludes(message, "Values are not equal: tables\n");
  assertThrows(
    () => assertEquals({ b: [1, 2], a: 1 }, { b: [1, 3], a: 1 }),
    AssertionError,
    [
      "    {",
      "      a: 1,",
      "      b: [",
      "        1,",
      "-       2,",
      "+       3,",
      "      ],",
      "    }",
    ]
      .join("\n"),
  );
});

Deno.test("assertEquals() pairs up the lines that both values have", () => {
  for (
    const [actual, expected, diff] of [
      [[1, 2, 3], [1, 3], ["      1,", "-     2,", "      3,"]],
      [[1, 3], [1, 2, 3], ["      1,", "+     2,", "      3,"]],
      [[1, 2, 3, 4], [2, 5, 4, 6], ["-     1,", "      2,", "-     3,", "+     5,", "      4,"]],
    ] as const
  ) assertThrows(() => assertEquals<unknown>(actual, expected), AssertionError, diff.join("\n"));
});

Deno.test("assertEquals() takes two strings apart by lines", () => {
  assertThrows(() => assertEquals("a", "b"), AssertionError, "-   a\n+   b\n");
});

Deno.test("assertStrictEquals() accepts the same value only, and narrows its type", () => {
  const value: unknown = "dirty";
  assertStrictEquals(value, "dirty");
  value.toUpperCase();
  assertStrictEquals(NaN, NaN);
  assertThrows(() => assertStrictEquals(0, -0, "sign"), AssertionError, "strictly equal: sign\n");
  assertThrows(() => assertStrictEquals(1n, 2n), AssertionError, "-   1n\n+   2n\n");
  assertThrows(
    () => assertStrictEquals([1], [1]),
    AssertionError,
    "Values have the same structure but are not reference-equal.\n\n    [\n      1,\n    ]\n",
  );
});
