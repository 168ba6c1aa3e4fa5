import type { FoundViolation } from "../../harness/advanced.ts";

/** Groups the violations of one kind in one state; keeps their order. */
export function groupByState(violations: readonly FoundViolation[]): FoundViolation[][] {
  const groups = new Map<string, FoundViolation[]>();
  for (const violation of violations) {
    const { kind, crashAfterEvent, choices } = violation;
    const key = `${kind} ${crashAfterEvent} ${choices.join()}`;
    groups.set(key, [...(groups.get(key) ?? []), violation]);
  }
  return [...groups.values()];
}
