import { assert, AssertionError, assertStrictEquals } from "@std/assert";

Deno.test("AssertionError is an Error with its own name, and keeps its cause", () => {
  const cause = new TypeError("inner");
  const error = new AssertionError("outer", { cause });
  assert(error instanceof Error);
  assertStrictEquals(error.name, "AssertionError");
  assertStrictEquals(error.message, "outer");
  assertStrictEquals(error.cause, cause);
});
