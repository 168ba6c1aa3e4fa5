import fc from "fast-check";
import { findViolation, SECTORS, type Step } from "../harness/advanced.ts";
import {
  failingWorkload,
  REPRODUCER_ORIGINS,
  reproducerOf,
  type ReproducerOrigin,
} from "../tools/crash/reproducers.ts";
import { subjectFor } from "../scenarios/qed/image_spec.ts";
import { lookUpPreset } from "../scenarios/qed/look_up.ts";
import { median, secondsOf } from "./measure.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

export const name = "shrink";

/** The peer is stopped after so long: for some workloads it takes many minutes. */
const PEER_SECONDS = 20;
const QUICK_PEER_SECONDS = 3;
const QUICK_ORIGINS = 3;
/** As our own search. */
const MAX_RECOVERIES = 200_000;

/**
 * Shrinking failing random workloads of up to 200 steps. The peer is fast-check, shrinking the same
 * array with the same question asked of each candidate (does any crash show the violation?).
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const origins = REPRODUCER_ORIGINS.slice(0, isQuick ? QUICK_ORIGINS : undefined);
  const peerSeconds = isQuick ? QUICK_PEER_SECONDS : PEER_SECONDS;
  const rows: string[][] = [];
  const ours: number[] = [];
  const ratios: number[] = [];
  let maxSteps = 0;
  for (const [round, origin] of origins.entries()) {
    const steps = failingWorkload(origin)!;
    let left: readonly Step[] = [];
    const seconds = await secondsOf(() => left = reproducerOf(origin, steps)!.steps!.after);
    let peer: PeerResult | undefined;
    const secondsOfPeer = await secondsOf(() => peer = shrinkWithPeer(origin, steps, peerSeconds));
    ours.push(seconds);
    ratios.push(secondsOfPeer / seconds);
    maxSteps = Math.max(maxSteps, left.length);
    rows.push([
      origin.name,
      `${steps.length}`,
      `${left.length}`,
      seconds.toFixed(2),
      `${peer!.steps.length}`,
      `${peer!.isStopped ? "over " : ""}${secondsOfPeer.toFixed(1)}`,
    ]);
    printRound(name, round, origins.length);
  }
  return {
    tables: [[
      ["workload", "steps", "shrunk to", "seconds", "fast-check: to", "seconds"],
      ...rows,
    ]],
    notes: [
      "ours includes shrinking what is on the disk, and the explanation",
      `fast-check is stopped after ${peerSeconds} s`,
    ],
    figures: {
      medianSeconds: median(ours),
      maxSeconds: Math.max(...ours),
      maxSteps,
      medianPeerRatio: median(ratios),
    },
  };
}

/** What fast-check came to. */
interface PeerResult {
  readonly steps: readonly Step[];
  readonly isStopped: boolean;
}

/** Have fast-check shrink `steps`, given as an example of an array of such steps. */
function shrinkWithPeer(
  { image, preset, kind }: ReproducerOrigin,
  steps: readonly Step[],
  maxSeconds: number,
): PeerResult {
  const { subject } = subjectFor(image);
  const end = performance.now() + maxSeconds * 1000;
  let isStopped = false;
  let smallest = steps;
  const fails = (some: readonly Step[]): boolean => {
    // Past the deadline everything passes: nothing is left to shrink to.
    isStopped ||= performance.now() > end;
    if (isStopped || some.length === 0) return false;
    try {
      const options = { kind, maxRecoveries: MAX_RECOVERIES };
      const recording = subject.record(some);
      const { violation } = findViolation(recording, lookUpPreset(preset ?? SECTORS.name), options);
      if (violation) smallest = some;
      return violation !== undefined;
    } catch {
      return false;
    }
  };
  const operations = [...new Map(steps.map((step) => [JSON.stringify(step), step])).values()];
  const known = new Map(operations.map((step) => [JSON.stringify(step), step]));
  const example = steps.map((step) => known.get(JSON.stringify(step))!);
  const arrays = fc.array(fc.constantFrom(...operations), { maxLength: steps.length, size: "max" });
  fc.check(fc.property(arrays, (some) => !fails(some)), {
    seed: 1,
    numRuns: 1,
    examples: [[example]],
  });
  return { steps: smallest, isStopped };
}
