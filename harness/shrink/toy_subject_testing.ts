import fc from "fast-check";
import {
  closeToy,
  discardToy,
  emptyToy,
  flushToy,
  openToy,
  TOY_GUEST_BYTES,
  type ToyBug,
  toyTarget,
  writeToy,
} from "../testing/toy_testing.ts";
import { TOY_STEP } from "../testing/toy_workload_testing.ts";
import { Recorder } from "../log/recorder.ts";
import type { Step, Subject } from "../target/subject.ts";

const SECTOR = 512;

/** Workloads for the toy format; some are longer than what fails in them. */
export const TOY_STEPS: fc.Arbitrary<Step[]> = fc.array(
  TOY_STEP.map((step): Step =>
    step.kind === "discard"
      ? { kind: "discard", offsetBytes: step.sector * SECTOR, lengthBytes: SECTOR }
      : step
  ),
  { minLength: 1, maxLength: 14, size: "max" },
);

/** The toy format as a subject. It refuses discards that are not one sector, and growing. */
export function toySubject(bug?: ToyBug): Subject {
  return {
    name: "toy",
    record(steps) {
      const recorder = new Recorder({ base: emptyToy() });
      let session = recorder.run(openToy(bug));
      const stepStarts = steps.map((step, i) => {
        const start = recorder.eventCount;
        if (step.kind === "write") {
          const bytes = new Uint8Array(step.lengthBytes).fill(i + 1);
          recorder.guestWrite(step.offsetBytes, bytes, writeToy(session, step.offsetBytes, bytes));
        } else if (step.kind === "discard" && step.lengthBytes === SECTOR) {
          const sector = step.offsetBytes / SECTOR;
          recorder.guestWrite(
            step.offsetBytes,
            new Uint8Array(SECTOR),
            discardToy(session, sector),
          );
        } else if (step.kind === "flush") recorder.guestFlush(flushToy(session));
        else if (step.kind === "reopen") {
          recorder.run(closeToy(session));
          session = recorder.run(openToy(bug));
        } else throw new RangeError(`toy: ${step.kind}`);
        return start;
      });
      const target = toyTarget(bug);
      return { log: recorder.log, target, guestBytes: TOY_GUEST_BYTES, stepStarts };
    },
  };
}
