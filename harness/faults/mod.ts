/** Run-time faults; see the table in fault.ts. */
import {
  FLUSH_FAILS,
  GROWTH_FAILS,
  READ_FAILS,
  WRITE_FAILS,
  WRITE_FAILS_LATE,
} from "./failing_requests.ts";
import type { Fault } from "./fault.ts";
import { MISDIRECTED_WRITE } from "./misdirected_write.ts";
import { SHORT_READ, SHORT_WRITE } from "./short_requests.ts";

export { type BitRot, type BitRotOptions, exploreBitRot } from "./bit_rot.ts";
export {
  exploreFaults,
  type FaultOptions,
  type FaultResult,
  type FaultRun,
  type SessionViolation,
} from "./explore_faults.ts";
export { type Fault, type FaultyStorage, faultyStorage } from "./fault.ts";

/**
 * The run-time faults by name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FAULTS } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(FAULTS["short-read"].summary, "a read returns half of its bytes, and their number");
 * ```
 */
export const FAULTS: Readonly<Record<string, Fault>> = Object.freeze(Object.fromEntries(
  [
    READ_FAILS,
    WRITE_FAILS,
    WRITE_FAILS_LATE,
    FLUSH_FAILS,
    GROWTH_FAILS,
    SHORT_READ,
    SHORT_WRITE,
    MISDIRECTED_WRITE,
  ].map((fault) => [fault.name, fault]),
));
