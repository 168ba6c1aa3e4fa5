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
 * Build the state that shows a violation as a file, with the crashes of recoveries that led to it,
 * and judge it byte by byte. Throws {@linkcode ChoiceError} for a choice sequence that does not fit.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkFound, prepareContext, Recorder, SECTORS, type Target } from "@powercut/powercut/harness";
 *
 * // A format of one sector that must not hold 9.
 * const target: Target<void> = {
 *   name: "sector",
 *   dataLabels: new Set(),
 *   allocationUnitBytes: 512,
 *   otherFiles: [],
 *   postRecoveryWrites: [],
 *   beforeEachState() {},
 *   *recover() {},
 *   *inspect() {
 *     const into = new Uint8Array(512);
 *     yield { kind: "read", file: 0, offsetBytes: 0, into, label: "all" };
 *     return { problems: into[0] === 9 ? ["nine"] : [], leakedBytes: 0 };
 *   },
 *   *read() {},
 *   *write(_, offsetBytes, bytes) {
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   },
 *   refusal: () => undefined,
 * };
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * recorder.run(target.write(undefined, 0, new Uint8Array(512).fill(9)));
 * const context = prepareContext(recorder.log, target, SECTORS, { guestBytes: 0 });
 * const lost = { crashAfterEvent: 0, choices: [0] };
 * const persisted = { crashAfterEvent: 0, choices: [1] };
 * assertEquals(checkFound(context, lost), []);
 * assertEquals(checkFound(context, persisted)[0].subject, "nine");
 * ```
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
