import type { ViolationKind } from "./violation.ts";

/**
 * The effect of a fault on a format:
 * - `survives`: no promise is broken;
 * - `detected`: the format notices and refuses: the file does not open, or the request fails;
 * - `silent`: the format returns wrong data as good, or leaves damage without a report.
 */
export type VerdictClass = "survives" | "detected" | "silent";

/** Violations in which the format says itself that something is wrong. */
const REFUSALS: readonly ViolationKind[] = ["cannot-open", "unusable"];

/**
 * The class of the violations found under a fault: that of the gravest one.
 */
export function verdictClassOf(kinds: readonly ViolationKind[]): VerdictClass {
  if (kinds.length === 0) return "survives";
  return kinds.every((kind) => REFUSALS.includes(kind)) ? "detected" : "silent";
}
