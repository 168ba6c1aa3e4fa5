/**
 * Assertions for tests and for a program's own invariants: a stand-in for Deno's `@std/assert`
 * that needs no registry. It has the names and signatures of the original, as far as they are used
 * here, and is built on `node:assert` and `node:util`.
 *
 * Equality is that of `node:assert`'s `deepStrictEqual`, which tells `0` from `-0`. The original
 * does not.
 *
 * ```ts
 * import { assert, assertEquals, assertThrows } from "@std/assert";
 *
 * assert(1 < 2);
 * assertEquals(new Uint8Array([1, 2]), Uint8Array.of(1, 2));
 * assertThrows(() => new Uint8Array(-1), RangeError);
 * ```
 *
 * @module
 */

export * from "./almost_equals.ts";
export * from "./assert.ts";
export * from "./assertion_error.ts";
export * from "./equals.ts";
export * from "./fail.ts";
export * from "./greater.ts";
export * from "./greater_or_equal.ts";
export * from "./instance_of.ts";
export * from "./less.ts";
export * from "./less_or_equal.ts";
export * from "./match.ts";
export * from "./not_equals.ts";
export * from "./rejects.ts";
export * from "./strict_equals.ts";
export * from "./string_includes.ts";
export * from "./throws.ts";
export * from "./unreachable.ts";
