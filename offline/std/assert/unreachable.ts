import { AssertionError } from "./assertion_error.ts";

/**
 * Marks code that no input can lead to. Being there is a bug in the program itself.
 *
 * ```ts
 * import { AssertionError, assertThrows, unreachable } from "@std/assert";
 *
 * function nameOf(kind: "read" | "write"): string {
 *   switch (kind) {
 *     case "read":
 *       return "a read";
 *     case "write":
 *       return "a write";
 *     default:
 *       unreachable(kind);
 *   }
 * }
 * assertThrows(() => nameOf("erase" as "read"), AssertionError, "erase");
 * ```
 *
 * @param reason what led here
 * @throws {AssertionError} always
 */
export function unreachable(reason?: string): never {
  throw new AssertionError(reason === undefined ? "Unreachable" : `Unreachable: ${reason}`);
}
