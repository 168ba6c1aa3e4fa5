import fc from "fast-check";
import {
  closeToy,
  discardToy,
  emptyMapping,
  flushToy,
  MAPPING_GUEST_BYTES,
  type MappingBug,
  mappingTarget,
  openToy,
  writeToy,
} from "../testing/mapping_table.ts";
import { MAPPING_STEP } from "../testing/mapping_workload.ts";
import { Recorder } from "../log/recorder.ts";
import type { Step, Subject } from "../target/subject.ts";

const SECTOR = 512;

/** Workloads for the mapping table; some are longer than what fails in them. */
export const MAPPING_STEPS: fc.Arbitrary<Step[]> = fc.array(
  MAPPING_STEP.map((step): Step =>
    step.kind === "discard"
      ? { kind: "discard", offsetBytes: step.sector * SECTOR, lengthBytes: SECTOR }
      : step
  ),
  { minLength: 1, maxLength: 14, size: "max" },
);

/** The mapping table as a subject. It refuses discards that are not one sector, and growing. */
export function mappingSubject(bug?: MappingBug): Subject {
  return {
    name: "mapping table",
    record(steps) {
      const recorder = new Recorder({ base: emptyMapping() });
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
        } else throw new RangeError(`mapping table: ${step.kind}`);
        return start;
      });
      const target = mappingTarget(bug);
      return { log: recorder.log, target, guestBytes: MAPPING_GUEST_BYTES, stepStarts };
    },
  };
}
