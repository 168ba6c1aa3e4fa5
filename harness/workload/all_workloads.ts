import { alphabetFor, type Letter } from "./alphabet.ts";
import type { DiskShape } from "./disk_shape.ts";
import { workloadOf, type WorkloadSource } from "./workload_source.ts";
import { reasonNotToEnd, reasonToLeaveOut } from "./sequence_rules.ts";

/**
 * Every sequence of 1 to `length` letters of the alphabet for `shape` but those that the rules leave
 * out (see {@linkcode reasonToLeaveOut} and {@linkcode reasonNotToEnd}). The shortest come first, so
 * that what is found first is as short as can be.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { allWorkloads } from "@powercut/powercut/harness";
 *
 * const shape = {
 *   sizeBytes: 512,
 *   unitBytes: 512,
 *   alignmentBytes: 512,
 *   sizeStepBytes: 512,
 *   written: [{ offsetBytes: 0, lengthBytes: 512 }],
 *   kinds: new Set(["write", "flush"] as const),
 * };
 * const { origin, workloads } = allWorkloads(shape, 2);
 * assertEquals(origin, { kind: "exhaustive", length: 2, letters: 2 });
 * assertEquals([...workloads].map(({ words }) => words), [
 *   ["write in place"],
 *   ["write in place", "write in place"],
 *   ["write in place", "flush"], // and nothing begins with a flush
 * ]);
 * ```
 */
export function allWorkloads(shape: DiskShape, length: number): WorkloadSource {
  const alphabet = alphabetFor(shape);
  const generate = function* () {
    for (let each = 1; each <= length; each++) yield* sequences(alphabet, shape, each);
  };
  return {
    origin: { kind: "exhaustive", length, letters: alphabet.length },
    workloads: {
      *[Symbol.iterator]() {
        for (const letters of generate()) yield workloadOf(letters);
      },
    },
    count: () => generate().reduce((count) => count + 1, 0),
  };
}

function* sequences(
  alphabet: readonly Letter[],
  shape: DiskShape,
  length: number,
  before: readonly Letter[] = [],
): Generator<readonly Letter[]> {
  const steps = before.map(({ step }) => step);
  if (before.length === length) {
    if (reasonNotToEnd(steps) === undefined) yield before;
    return;
  }
  for (const letter of alphabet) {
    if (reasonToLeaveOut(steps, letter.step, shape) !== undefined) continue;
    yield* sequences(alphabet, shape, length, [...before, letter]);
  }
}
