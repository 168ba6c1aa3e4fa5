/** Random guests for the mapping table. */
import fc from "fast-check";
import { Recorder } from "../log/recorder.ts";
import type { WriteLog } from "../log/write_log.ts";
import {
  closeToy,
  discardToy,
  emptyMapping,
  flushToy,
  MAPPING_GUEST_BYTES,
  MAPPING_GUEST_SECTORS,
  type MappingBug,
  openToy,
  writeToy,
} from "./mapping_table.ts";

const SECTOR = 512;

/** One thing that the guest of a file does. */
export type MappingStep =
  | { readonly kind: "write"; readonly offsetBytes: number; readonly lengthBytes: number }
  | { readonly kind: "discard"; readonly sector: number }
  | { readonly kind: "flush" }
  | { readonly kind: "reopen" };

/** A random step; the last guest sector is left to the post-recovery write. */
export const MAPPING_STEP: fc.Arbitrary<MappingStep> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      offsetBytes: fc.oneof(
        fc.nat(MAPPING_GUEST_SECTORS - 3).map((sector) => sector * SECTOR),
        fc.nat((MAPPING_GUEST_SECTORS - 2) * SECTOR),
      ),
      lengthBytes: fc.constantFrom(SECTOR, 100, 2 * SECTOR, 700),
    }).filter((step) => step.offsetBytes + step.lengthBytes <= MAPPING_GUEST_BYTES - SECTOR),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("discard" as const),
      sector: fc.nat(MAPPING_GUEST_SECTORS - 2),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "flush" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "reopen" as const }) },
);

/** Run steps through the driver with `bug` over an empty file. */
export function recordMapping(steps: readonly MappingStep[], bug?: MappingBug): WriteLog {
  const recorder = new Recorder({ base: emptyMapping() });
  let session = recorder.run(openToy(bug));
  let number = 1;
  for (const step of steps) {
    switch (step.kind) {
      case "write": {
        const bytes = new Uint8Array(step.lengthBytes).fill(number++);
        recorder.guestWrite(step.offsetBytes, bytes, writeToy(session, step.offsetBytes, bytes));
        break;
      }
      case "discard": {
        const zeroes = new Uint8Array(SECTOR);
        recorder.guestWrite(step.sector * SECTOR, zeroes, discardToy(session, step.sector));
        break;
      }
      case "flush":
        recorder.guestFlush(flushToy(session));
        break;
      case "reopen":
        recorder.run(closeToy(session));
        session = recorder.run(openToy(bug));
        break;
    }
  }
  return recorder.log;
}
