import { AssertionError, assertThrows, unreachable } from "@std/assert";

Deno.test("unreachable() always throws, with the reason given", () => {
  assertThrows(() => unreachable(), AssertionError, "Unreachable");
  assertThrows(() => unreachable("kind 7"), AssertionError, "Unreachable: kind 7");
});
