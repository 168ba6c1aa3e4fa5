import { operationSetFor, type WorkloadOperation } from "./operation_set.ts";
import type { DiskShape } from "./disk_shape.ts";
import { workloadOf, type WorkloadSource } from "./workload_source.ts";
import { reasonNotToEnd, reasonToLeaveOut } from "./sequence_rules.ts";

/**
 * Every sequence of 1 to `length` operations for `shape`, except those that the rules exclude (see
 * {@linkcode reasonToLeaveOut} and {@linkcode reasonNotToEnd}). The shortest come first, so that
 * the first finding is as short as possible.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { allWorkloads } from "@powercut/powercut/harness/advanced";
 *
 * const shape = {
 *   sizeBytes: 512,
 *   allocationUnitBytes: 512,
 *   alignmentBytes: 512,
 *   sizeStepBytes: 512,
 *   written: [{ offsetBytes: 0, lengthBytes: 512 }],
 *   kinds: new Set(["write", "flush"] as const),
 * };
 * const { origin, workloads } = allWorkloads(shape, 2);
 * assertEquals(origin, { kind: "exhaustive", length: 2, operations: 2 });
 * assertEquals([...workloads].map(({ words }) => words), [
 *   ["write in place"],
 *   ["write in place", "write in place"],
 *   ["write in place", "flush"], // and nothing begins with a flush
 * ]);
 * ```
 */
export function allWorkloads(shape: DiskShape, length: number): WorkloadSource {
  const operations = operationSetFor(shape);
  const generate = function* () {
    for (let each = 1; each <= length; each++) yield* sequences(operations, shape, each);
  };
  return {
    origin: { kind: "exhaustive", length, operations: operations.length },
    workloads: {
      *[Symbol.iterator]() {
        for (const operations of generate()) yield workloadOf(operations);
      },
    },
    count: () => generate().reduce((count) => count + 1, 0),
  };
}

function* sequences(
  operations: readonly WorkloadOperation[],
  shape: DiskShape,
  length: number,
  before: readonly WorkloadOperation[] = [],
): Generator<readonly WorkloadOperation[]> {
  const steps = before.map(({ step }) => step);
  if (before.length === length) {
    if (reasonNotToEnd(steps) === undefined) yield before;
    return;
  }
  for (const operation of operations) {
    if (reasonToLeaveOut(steps, operation.step, shape) !== undefined) continue;
    yield* sequences(operations, shape, length, [...before, operation]);
  }
}
