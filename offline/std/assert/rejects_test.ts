import { AssertionError, assertRejects, assertStrictEquals } from "@std/assert";

Deno.test("assertRejects() returns what the promise rejected with", async () => {
  const error = new RangeError("offset 7");
  assertStrictEquals(await assertRejects(() => Promise.reject(error)), error);
  assertStrictEquals(await assertRejects(() => Promise.reject(error), RangeError, "7"), error);
});

Deno.test("assertRejects() rejects when the promise resolves", async () => {
  await assertRejects(
    () => assertRejects(() => Promise.resolve(), "bad header"),
    AssertionError,
    "bad header",
  );
});

Deno.test("assertRejects() rejects on another class of error", async () => {
  await assertRejects(
    () => assertRejects(() => Promise.reject(new Error("no")), TypeError),
    AssertionError,
    "Expected TypeError, got Error: no",
  );
});

Deno.test("assertRejects() rejects when there is no promise", async () => {
  const throwing = () => {
    throw new Error("at once");
  };
  await assertRejects(() => assertRejects(throwing), AssertionError, "itself threw");
  const plain = (() => 1) as () => never;
  await assertRejects(() => assertRejects(plain), AssertionError, "returned none");
});
