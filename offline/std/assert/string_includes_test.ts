import { AssertionError, assertStringIncludes, assertThrows } from "@std/assert";

Deno.test("assertStringIncludes() accepts a part", () => {
  assertStringIncludes("two leaked clusters", "leaked");
});

Deno.test("assertStringIncludes() throws when the part is not there", () => {
  assertThrows(
    () => assertStringIncludes("two clusters", "leaked", "report"),
    AssertionError,
    "Expected to find 'leaked': report, but there is only:\ntwo clusters",
  );
});
