import type { FoundViolation } from "../exploration.ts";
import type { Violation } from "../violation.ts";
import { TapeChoices } from "./choices.ts";
import { judgeConcretely, type Trial } from "./concrete_judge.ts";
import { crashAgain } from "./recrash.ts";

/** The state that shows a violation: where the crash came, and the choices. */
export type FoundState = Pick<FoundViolation, "crashAfterEvent" | "tape" | "again">;

/**
 * Build the state that shows a violation as a file, with the crashes of recoveries that led to it,
 * and judge it byte by byte. Throws {@linkcode TapeError} for a tape that does not fit.
 */
export function judgeFound(
  trial: Trial,
  { crashAfterEvent, tape, again = [] }: FoundState,
): Violation[] {
  const point = trial.points.after(crashAfterEvent);
  let file = point.build(new TapeChoices(tape));
  let grownBytes = 0;
  for (const { afterEvent, tape: later } of again) {
    const left = crashAgain(file, trial, afterEvent, new TapeChoices(later));
    file = left.file;
    grownBytes += left.grownBytes;
  }
  return judgeConcretely(trial, point, file, grownBytes);
}
