import { assertEquals, AssertionError, assertStrictEquals, assertThrows } from "@std/assert";

function throwing(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

Deno.test("assertThrows() returns what was thrown", () => {
  const error = new RangeError("offset 7");
  assertStrictEquals(assertThrows(throwing(error)), error);
  assertStrictEquals(assertThrows(throwing(error), RangeError, "offset"), error);
  assertStrictEquals(assertThrows(throwing(error), Error), error);
  assertStrictEquals(assertThrows(throwing("no error")), "no error");
});

Deno.test("assertThrows() throws when the function returns", () => {
  assertThrows(() => assertThrows(() => 1, "bad header"), AssertionError, "bad header");
  assertThrows(() => assertThrows(() => 1, Error, "", "bad header"), AssertionError, "bad header");
});

Deno.test("assertThrows() throws on another class, another message, or no Error", () => {
  const error = new RangeError("offset 7");
  for (
    const [thrown, errorClass, part, said] of [
      [error, TypeError, "", "Expected TypeError, got RangeError: offset 7"],
      [error, RangeError, "size", "with 'size', got 'offset 7'"],
      ["text", Error, "", "no Error: 'text'"],
    ] as const
  ) {
    const failure = assertThrows(
      () => assertThrows(throwing(thrown), errorClass, part),
      AssertionError,
      said,
    );
    assertEquals(failure.cause, thrown);
  }
});
