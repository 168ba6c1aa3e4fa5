import type { FoundNestedCrash, FoundViolation } from "../result/exploration.ts";
import type { Violation } from "../result/violation.ts";
import { RecordedChoices } from "../choices/choices.ts";
import { checkState, type ReferenceContext } from "./check_state.ts";
import { crashInRecovery } from "./nested_crash.ts";

/** The state that shows a violation: where the crash came, and the choices. */
export interface FoundState extends Pick<FoundViolation, "crashAfterEvent" | "choices"> {
  /** The crashes of recoveries after it, the first one first. */
  readonly nested?: readonly Pick<FoundNestedCrash, "afterEvent" | "choices">[];
}

/**
 * Build the state that shows a violation as a file, with the crashes during recovery that led to
 * it, and check it byte by byte. Throws {@linkcode ChoiceError} for a choice sequence that does not
 * fit.
 */
export function checkFound(
  context: ReferenceContext,
  { crashAfterEvent, choices, nested = [] }: FoundState,
): Violation[] {
  const point = context.points.after(crashAfterEvent);
  let file = point.build(new RecordedChoices(choices));
  let grownBytes = 0;
  for (const { afterEvent, choices: later } of nested) {
    const left = crashInRecovery(file, context, afterEvent, new RecordedChoices(later));
    file = left.file;
    grownBytes += left.grownBytes;
  }
  return checkState(context, point, file, grownBytes);
}
