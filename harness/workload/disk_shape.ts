import type { Step } from "../target/subject.ts";
import type { GuestRange } from "../target/target.ts";

/**
 * Properties of a subject that generators of workloads need: the size of its guest's disk, its
 * initial contents, and the units of the format. Positions follow from these alone.
 */
export interface DiskShape {
  /** The size of the guest's disk, in bytes. */
  readonly sizeBytes: number;
  /** The allocation unit of the format, in bytes: a cluster. */
  readonly allocationUnitBytes: number;
  /** How much of the disk one table maps, in bytes; left out where there are no such tables. */
  readonly tableBytes?: number;
  /** Writes start and end at multiples of this many bytes; 1 for any position. */
  readonly alignmentBytes: number;
  /** The size of the disk is a multiple of this many bytes. */
  readonly sizeStepBytes: number;
  /** Ranges written before a workload begins: whole units, the first of them at the start. */
  readonly written: readonly GuestRange[];
  /** The kinds of step that the format supports. */
  readonly kinds: ReadonlySet<Step["kind"]>;
}

/** The first unit that nothing was written to, in bytes. */
export function firstFreeBytes({ written }: DiskShape): number {
  let end = 0;
  for (const { offsetBytes, lengthBytes } of written) {
    if (offsetBytes <= end) end = Math.max(end, offsetBytes + lengthBytes);
  }
  return end;
}
