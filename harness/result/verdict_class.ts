import type { ViolationKind } from "./violation.ts";

/**
 * What a format makes of a fault:
 * - `survives`: no promise is broken;
 * - `detected`: it is noticed, and refused: the file does not open, or the request fails;
 * - `silent`: something wrong is returned as if it were good, or left behind without a word.
 */
export type VerdictClass = "survives" | "detected" | "silent";

/** Violations in which the format says itself that something is wrong. */
const REFUSALS: readonly ViolationKind[] = ["cannot-open", "unusable"];

/**
 * The class of what was found under a fault: the gravest of all its violations.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { verdictClassOf } from "@powercut/powercut/harness";
 *
 * assertEquals(verdictClassOf([]), "survives");
 * assertEquals(verdictClassOf(["cannot-open"]), "detected");
 * assertEquals(verdictClassOf(["cannot-open", "wrong-data"]), "silent");
 * ```
 */
export function verdictClassOf(kinds: readonly ViolationKind[]): VerdictClass {
  if (kinds.length === 0) return "survives";
  return kinds.every((kind) => REFUSALS.includes(kind)) ? "detected" : "silent";
}
