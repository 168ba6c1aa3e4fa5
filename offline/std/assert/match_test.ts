import { AssertionError, assertMatch, assertThrows } from "@std/assert";

Deno.test("assertMatch() accepts a string that matches", () => {
  assertMatch("0x1000", /^0x[0-9a-f]+$/);
});

Deno.test("assertMatch() throws on a string that does not", () => {
  assertThrows(
    () => assertMatch("4096", /^0x/),
    AssertionError,
    "Expected '4096' to match /^0x/",
  );
});
