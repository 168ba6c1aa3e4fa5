import { AssertionError, assertNotEquals, assertThrows } from "@std/assert";

Deno.test("assertNotEquals() accepts values that differ", () => {
  assertNotEquals({ a: 1 }, { a: 2 });
  assertNotEquals<unknown>(1, "1");
});

Deno.test("assertNotEquals() throws on equal structures", () => {
  assertThrows(() => assertNotEquals({ a: [1] }, { a: [1] }, "seeds"), AssertionError, ": seeds");
});
