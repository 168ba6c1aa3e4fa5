import { AssertionError, assertThrows, fail } from "@std/assert";

Deno.test("fail() always throws, with the message given", () => {
  assertThrows(() => fail(), AssertionError, "Failed");
  assertThrows(() => fail("not here"), AssertionError, "Failed: not here");
});
