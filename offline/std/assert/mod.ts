/**
 * Assertions: a stand-in for Deno's `@std/assert` with the functions that are used here.
 *
 * ```ts
 * import { assert, assertEquals, assertThrows } from "@std/assert";
 *
 * assert(2 ** 63 > 0);
 * assertEquals({ offsets: [0, 65536n] }, { offsets: [0, 65536n] });
 * assertThrows(() => BigInt(0.5), RangeError, "0.5");
 * ```
 *
 * @module
 */

export * from "./assert.ts";
export * from "./assertion_error.ts";
export * from "./comparisons.ts";
export * from "./equals.ts";
export * from "./instance_of.ts";
export * from "./strings.ts";
export * from "./throws.ts";
