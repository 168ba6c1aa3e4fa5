import type { FoundViolation } from "../result/exploration.ts";
import { violationKey } from "../result/violation.ts";
import type { ReferenceContext } from "./check_state.ts";
import { checkFound } from "./check_found.ts";

/** Build each violation's state as bytes and see it there too; an error, and ours, if it is not. */
export function confirm(violations: readonly FoundViolation[], context: ReferenceContext): void {
  for (const violation of violations) {
    const seen = checkFound(context, violation).map(violationKey);
    if (seen.includes(violationKey(violation))) continue;
    const { crashAfterEvent, choices, nested = [] } = violation;
    const sequences = [choices, ...nested.map((each) => each.choices)].map((each) =>
      each.join(" ")
    );
    throw new Error(
      `explorer: "${violationKey(violation)}" does not show in its own state (crash after event ` +
        `${crashAfterEvent}, choices ${sequences.join(" / ")}); seen there: ${
          seen.join("; ") || "nothing"
        }`,
    );
  }
}
