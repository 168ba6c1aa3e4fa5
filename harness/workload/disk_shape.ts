import type { Step } from "../target/subject.ts";
import type { GuestRange } from "../target/target.ts";

/**
 * What a generator of workloads has to know of a subject: how large its guest's disk is, what it
 * holds, and in which pieces the format deals with it. Positions are chosen from this and from
 * nothing else.
 */
export interface DiskShape {
  /** The size of the guest's disk, in bytes. */
  readonly sizeBytes: number;
  /** What the format allocates as a whole, in bytes: a cluster. */
  readonly allocationUnitBytes: number;
  /** How much of the disk one table maps, in bytes; left out where there are no such tables. */
  readonly tableBytes?: number;
  /** What writes start and end at a multiple of, in bytes; 1 if anywhere. */
  readonly alignmentBytes: number;
  /** What the size of the disk is a multiple of, in bytes. */
  readonly sizeStepBytes: number;
  /** What is written before a workload begins: whole units, the first of them at the start. */
  readonly written: readonly GuestRange[];
  /** What can be asked for. */
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
