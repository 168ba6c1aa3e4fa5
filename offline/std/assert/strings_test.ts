import { AssertionError, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";

Deno.test("assertStringIncludes() finds a part", () => {
  assertStringIncludes("two leaked clusters", "leaked");
  assertThrows(
    () => assertStringIncludes("two clusters", "leaked"),
    AssertionError,
    'Expected actual: "two clusters" to contain: "leaked".',
  );
});

Deno.test("assertMatch() tries an expression", () => {
  assertMatch("0x1000", /^0x/);
  assertThrows(
    () => assertMatch("4096", /^0x/, "offset"),
    AssertionError,
    'Expected actual: "4096" to match: "/^0x/": offset',
  );
});
