import fc from "fast-check";
import { type Feature, FEATURES, type WorkloadOperation } from "./operation_set.ts";
import type { DiskShape } from "./disk_shape.ts";
import { reasonNotToEnd, reasonToLeaveOut } from "./sequence_rules.ts";
import { wideOperationSetFor } from "./wide_operation_set.ts";
import { type GeneratedWorkload, workloadOf, type WorkloadSource } from "./workload_source.ts";

/** How random workloads are chosen. */
export interface RandomWorkloadOptions {
  /** The most steps of a workload; the fewest is one. */
  readonly maxSteps: number;
  /**
   * Swarm testing: each workload leaves out some features, at random. Features that are rare in a
   * mix of everything become frequent in some workloads, and features that hide a bug are absent
   * from others (Groce and others, ISSTA 2012).
   */
  readonly swarm: boolean;
}

/** Workloads made in one go. */
const BATCH = 256;
/** Keeps the seeds of batches apart. */
const BATCH_SEED_STEP = 0x9e3779b1;

/**
 * Random workloads for a disk of this shape as a fast-check arbitrary, for property tests of one's
 * own. Positions are any of each class, not one of each as in the exhaustive operation set.
 */
export function workloadArbitrary(
  shape: DiskShape,
  { maxSteps, swarm }: RandomWorkloadOptions,
): fc.Arbitrary<GeneratedWorkload> {
  const operations = wideOperationSetFor(shape);
  const there = FEATURES.filter((feature) =>
    operations.some((operation) => operation.feature === feature)
  );
  const features: fc.Arbitrary<Feature[]> = swarm
    ? fc.subarray(there, { minLength: 1 })
    : fc.constant(there);
  // More than are kept: some of the steps are out of place where they come.
  const picks = fc.array(fc.nat(2 ** 30), { minLength: 1, maxLength: maxSteps, size: "max" });
  return fc.record({ features, picks }).map(({ features, picks }) => {
    const left = operations.filter(({ feature }) => features.includes(feature));
    return workloadOf(inPlace(picks.map((pick) => pickFrom(left, pick)), shape));
  }).filter(({ steps }) => steps.length > 0);
}

/**
 * `count` random workloads. Always the same for the same shape, seed and options, and the first
 * thousand of two thousand are those of one thousand.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randomWorkloads } from "@powercut/powercut/harness/advanced";
 *
 * const shape = {
 *   sizeBytes: 4096,
 *   allocationUnitBytes: 512,
 *   alignmentBytes: 512,
 *   sizeStepBytes: 512,
 *   written: [],
 *   kinds: new Set(["write", "flush"] as const),
 * };
 * const make = () => randomWorkloads(shape, { seed: 7, count: 9, maxSteps: 5, swarm: true });
 * assertEquals([...make().workloads], [...make().workloads]);
 * ```
 */
export function randomWorkloads(
  shape: DiskShape,
  options: RandomWorkloadOptions & { readonly seed: number; readonly count: number },
): WorkloadSource {
  const { seed, count, maxSteps, swarm } = options;
  const arbitrary = workloadArbitrary(shape, options);
  return {
    origin: { kind: "random", seed, maxSteps, swarm },
    workloads: { [Symbol.iterator]: () => samples(arbitrary, seed, count) },
    count: () => count,
  };
}

function* samples(
  workloads: fc.Arbitrary<GeneratedWorkload>,
  seed: number,
  count: number,
): Generator<GeneratedWorkload> {
  for (let made = 0; made < count; made += BATCH) {
    const batchSeed = (seed + Math.imul(made / BATCH, BATCH_SEED_STEP)) | 0;
    // Whole batches always: which workload comes nth does not depend on how many are asked for.
    const batch = fc.sample(workloads, { seed: batchSeed, numRuns: BATCH });
    yield* batch.slice(0, count - made);
  }
}

/** One of the operations: first which feature, so that those of many operations are not more frequent. */
function pickFrom(operations: readonly WorkloadOperation[], pick: number): WorkloadOperation {
  const features = [...new Set(operations.map(({ feature }) => feature))];
  const feature = features[pick % features.length];
  const ofFeature = operations.filter((operation) => operation.feature === feature);
  return ofFeature[Math.floor(pick / features.length) % ofFeature.length];
}

/** The operations that make sense where they come, in their order. */
function inPlace(operations: readonly WorkloadOperation[], shape: DiskShape): WorkloadOperation[] {
  const kept: WorkloadOperation[] = [];
  const steps = () => kept.map(({ step }) => step);
  for (const operation of operations) {
    if (reasonToLeaveOut(steps(), operation.step, shape) === undefined) kept.push(operation);
  }
  while (reasonNotToEnd(steps()) !== undefined) kept.pop();
  return kept;
}
