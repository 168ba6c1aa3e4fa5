import { assert, AssertionError, assertThrows } from "@std/assert";

Deno.test("assert() accepts anything truthy", () => {
  for (const value of [true, 1, "0", [], -1n]) assert(value);
});

Deno.test("assert() throws on anything falsy, with the message given", () => {
  for (const value of [false, 0, "", null, undefined, NaN, 0n]) {
    assertThrows(() => assert(value, "the reason"), AssertionError, "the reason");
  }
});
