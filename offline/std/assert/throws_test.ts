import {
  assert,
  assertEquals,
  assertInstanceOf,
  AssertionError,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";

function throwing(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

const ERROR = new RangeError("offset \x1b[1m7\x1b[0m");

/** What does not fit, and what the failure says of it; `assertRejects` says the same of its own. */
const MISFITS: [thrown: unknown, errorClass: ErrorConstructor, part: string, failure: string][] = [
  [ERROR, TypeError as ErrorConstructor, "", 'instance of "TypeError", but was "RangeError".'],
  [new Error("a"), Error, "size", 'Expected error message to include "size", but got "a".'],
  ["text", Error, "", "A non-Error object was"],
];

Deno.test("assertThrows() returns the thrown value", () => {
  assertStrictEquals(assertThrows(throwing(ERROR)), ERROR);
  assertStrictEquals(assertThrows(throwing(ERROR), RangeError, "offset 7"), ERROR);
  assertStrictEquals(assertThrows(throwing(ERROR), Error), ERROR);
  assertStrictEquals(assertThrows(throwing("no error")), "no error");
});

Deno.test("assertThrows() throws when the function returns, or throws something else", () => {
  const returning = () => 1;
  assertThrows(() => assertThrows(returning), AssertionError, "Expected function to throw.");
  assertThrows(() => assertThrows(returning, "header"), AssertionError, "to throw: header");
  assertThrows(() => assertThrows(returning, Error, "", "header"), AssertionError, "throw: header");
  for (const [thrown, errorClass, part, failure] of MISFITS) {
    assertThrows(() => assertThrows(throwing(thrown), errorClass, part), AssertionError, failure);
  }
});

Deno.test("assertRejects() resolves to the rejected value", async () => {
  assertStrictEquals(await assertRejects(() => Promise.reject(ERROR)), ERROR);
  assertStrictEquals(await assertRejects(() => Promise.reject(ERROR), RangeError, "7"), ERROR);
  assertStrictEquals(await assertRejects(() => ({ then: throwing(ERROR) })), ERROR);
});

Deno.test("assertRejects() rejects when the promise resolves, or rejects with something else", async () => {
  const resolving = () => Promise.resolve(1);
  await assertRejects(() => assertRejects(resolving), AssertionError, "function to reject.");
  await assertRejects(() => assertRejects(resolving, "header"), AssertionError, "reject: header");
  for (const [thrown, errorClass, part, failure] of MISFITS) {
    const rejecting = () => Promise.reject(thrown);
    await assertRejects(() => assertRejects(rejecting, errorClass, part), AssertionError, failure);
  }
});

Deno.test("assertRejects() rejects when there is no promise", async () => {
  const plain = (() => 1) as () => never;
  for (const fn of [throwing(ERROR), plain]) {
    const failure = "Function throws when expected to reject.";
    await assertRejects(() => assertRejects(fn, RangeError), AssertionError, failure);
  }
});

Deno.test("assert() narrows a type, and throws its message", () => {
  const found: number | undefined = [1, 2].find((number) => number > 1);
  assert(found !== undefined);
  assertEquals(found.toFixed(1), "2.0");
  for (const falsy of [false, 0, "", null]) {
    const error = assertThrows(() => assert(falsy, "no flush"), AssertionError);
    assertEquals([error.name, error.message], ["AssertionError", "no flush"]);
  }
});

Deno.test("assertInstanceOf() narrows a type, and names the class that it finds", () => {
  const error: unknown = new TypeError("no");
  assertInstanceOf(error, TypeError);
  assertEquals(error.message, "no");
  for (
    const [value, found] of [
      [new Date(), '"Date".'],
      [5, '"number".'],
      [null, '"null".'],
      [Object.create(null), '"Object".'],
      [Error, "not an instanced object."],
    ]
  ) assertThrows(() => assertInstanceOf(value, TypeError), AssertionError, `but was ${found}`);
});
