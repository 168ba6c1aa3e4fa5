/**
 * The kinds of broken promise, in the order in which they are checked:
 * - `cannot-open`: recovery refuses the file;
 * - `unusable`: after recovery a check, a read or a write is refused;
 * - `inconsistent`: after recovery a check of the format still reports a problem;
 * - `leak`: more space is lost than was being allocated;
 * - `wrong-data`: a guest sector holds a value that is not permitted;
 * - `aliasing`: a write elsewhere changes a guest sector that was not written.
 */
export type ViolationKind = typeof VIOLATION_KINDS[number];

/**
 * All kinds, the worst first: the order in which violations are reported.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { VIOLATION_KINDS } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(VIOLATION_KINDS[0], "cannot-open");
 * ```
 */
export const VIOLATION_KINDS = [
  "cannot-open",
  "unusable",
  "wrong-data",
  "aliasing",
  "inconsistent",
  "leak",
] as const;

/** A broken promise, as one state shows it. */
export interface Violation {
  /** Which promise. */
  readonly kind: ViolationKind;
  /**
   * Its subject: a guest sector, or a message of the format. Identifies the violation, with the
   * kind.
   */
  readonly subject: string;
  /** The expected and the actual state, in words. */
  readonly detail: string;
}

/**
 * The identity of a violation: two states with equal keys show the same one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { violationKey } from "@powercut/powercut/harness/advanced";
 *
 * const violation = { kind: "wrong-data", subject: "sector 3", detail: "holds zeroes" } as const;
 * assertEquals(violationKey(violation), "wrong-data: sector 3");
 * ```
 */
export function violationKey(violation: Violation): string {
  return `${violation.kind}: ${violation.subject}`;
}
