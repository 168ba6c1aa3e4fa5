import type { Filter } from "../../lib/storage/mod.ts";
import { exploreLazily } from "../engine/lazy.ts";
import { prepareContext } from "../reference/check_state.ts";
import type { FoundViolation } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import type { Recording } from "../target/subject.ts";
import { type VerdictClass, verdictClassOf } from "../result/verdict_class.ts";
import type { ViolationKind } from "../result/violation.ts";
import { type Fault, faultyStorage } from "./fault.ts";
import { checkSession } from "./check_session.ts";

/** The result of a workload over storage with a fault, as far as it got. */
export interface FaultRun extends Omit<Recording, "stepStarts"> {
  /** The number of refused requests: how the guest learns of the fault. */
  readonly refusals: number;
  /**
   * Reads the guest's disk through the session that is still running; undefined if it can't be
   * read there, or there is no session.
   */
  readonly read: (offsetBytes: number, lengthBytes: number) => Uint8Array | undefined;
}

/** The results of one fault, injected in each place where it can happen. */
export interface FaultResult {
  /** The fault. */
  readonly fault: string;
  /** The effect on the format. */
  readonly verdict: VerdictClass;
  /** The number of requests that it matches; each was tried, so this is exhaustive. */
  readonly points: number;
  /** The number of these runs in which something was refused. */
  readonly refused: number;
  /** log2 of all states that crashes of all runs can leave. */
  readonly statesLog2: number;
  /** The kinds of violation. */
  readonly kinds: readonly ViolationKind[];
  /** The first violation, and the request that the fault hit. */
  readonly first?: { readonly nth: number; readonly violation: FoundViolation | SessionViolation };
}

/** Wrong data that a session reads without any crash. */
export interface SessionViolation {
  /** Which promise. */
  readonly kind: ViolationKind;
  /** Its subject. */
  readonly subject: string;
  /** The expected and the actual value, in words. */
  readonly detail: string;
}

/** How to explore faults. */
export interface FaultOptions {
  /** The fault model of crashes, on top of the fault. */
  readonly preset: Preset;
  /** How many crashes in a row; 1 if not given. */
  readonly depth?: number;
}

/**
 * Inject a fault into each request that it matches, in a run of its own, and check every run: the
 * data that its session reads at the end, and every state that a crash at any point can leave.
 * `run` runs the workload over storage with the filter and continues after refused requests; it
 * throws only for bugs. The same filter must give the same run.
 */
export function exploreFaults(
  run: (filter: Filter) => FaultRun,
  fault: Fault,
  options: FaultOptions,
): FaultResult {
  const kinds = new Set<ViolationKind>();
  let first: FaultResult["first"];
  let refused = 0;
  let states = 0;
  let points = 0;
  for (const { nth, refusals, violations, statesLog2 } of faultPoints(run, fault, options)) {
    points++;
    if (refusals > 0) refused++;
    states += 2 ** statesLog2;
    for (const violation of violations) {
      kinds.add(violation.kind);
      first ??= { nth, violation };
    }
  }
  return {
    fault: fault.name,
    verdict: verdictClassOf([...kinds]),
    points,
    refused,
    statesLog2: Math.log2(Math.max(1, states)),
    kinds: [...kinds],
    ...(first && { first }),
  };
}

/** A run in which a fault hit one request, and its violations. */
export interface FaultPoint {
  /** The number of the request that the fault hit, from 0. */
  readonly nth: number;
  /** The number of refused requests. */
  readonly refusals: number;
  /** Wrong data that the session reads at the end, then violations after crashes of the run. */
  readonly violations: readonly (FoundViolation | SessionViolation)[];
  /** log2 of the states that crashes of the run can leave. */
  readonly statesLog2: number;
  /** Recoveries that were run. */
  readonly recoveries: number;
  /** Identifies the log of the run. */
  readonly traceHash: string;
}

/** Run a workload with a fault at each request that it can hit, one after the other. */
export function* faultPoints(
  run: (filter: Filter) => FaultRun,
  fault: Fault,
  { preset, depth = 1 }: FaultOptions,
): Generator<FaultPoint> {
  const places = placesWritten(run(faultyStorage(fault, -1, []).filter).log);
  for (let nth = 0;; nth++) {
    const each = faultyRunAt(run, fault, nth, places);
    if (!each) return;
    const { log, target, guestBytes, refusals } = each;
    const { watched } = prepareContext(log, target, preset, { guestBytes });
    const found = exploreLazily(log, target, preset, { guestBytes, depth });
    const violations = [...checkSession(log, watched, each.read), ...found.violations];
    const { recoveries, traceHash, states } = found;
    yield { nth, refusals, violations, statesLog2: states.log2, recoveries, traceHash };
  }
}

/** Run a workload with a fault at request number `nth`; undefined if it matches no such request. */
export function faultyRunAt(
  run: (filter: Filter) => FaultRun,
  fault: Fault,
  nth: number,
  places: readonly number[] = placesWritten(run(faultyStorage(fault, -1, []).filter).log),
): FaultRun | undefined {
  const faulty = faultyStorage(fault, nth, places);
  const each = run(faulty.filter);
  return faulty.pickedCount > nth ? each : undefined;
}

/** The places that a log writes to, each one once. */
function placesWritten({ events }: WriteLog): number[] {
  const places = events.flatMap((event) =>
    event.kind === "write-issued" ? [event.offsetBytes] : []
  );
  return [...new Set(places)];
}
