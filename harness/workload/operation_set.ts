/**
 * The operations of workloads: each path through a format, once.
 *
 * Positions are chosen by equivalence class: two places that a format treats alike (two units that
 * were never written, say) need only one operation, so no two sequences of operations differ only
 * in which of two like places they use. docs/workloads.md explains each operation.
 *
 * @module
 */
import type { Step } from "../target/subject.ts";
import { type DiskShape, firstFreeBytes } from "./disk_shape.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/**
 * The part of a format that an operation exercises; random workloads leave out whole features
 * (swarm testing).
 */
export type Feature = typeof FEATURES[number];

/**
 * All features.
 */
export const FEATURES = [
  "write in place",
  "allocating write",
  "new table",
  "crossing",
  "last sector",
  "zero",
  "discard",
  "flush",
  "grow",
  "reopen",
  "snapshot",
] as const;

/** One thing that a workload may do next. */
export interface WorkloadOperation {
  /** A unique name for people: `write, part of a free unit`. */
  readonly name: string;
  /** The feature that it exercises. */
  readonly feature: Feature;
  /** The step. */
  readonly step: Step;
}

/**
 * The operations for a disk of this shape: one for each class, of the kinds of step that it takes.
 */
export function operationSetFor(shape: DiskShape): WorkloadOperation[] {
  const { tableBytes } = shape;
  const operations = [
    ...writesInTheFirstTable(shape),
    ...(tableBytes === undefined ? [] : writesToFurtherTables(shape, tableBytes)),
    range("write the last sector", "last sector", "write", lastSector(shape)),
    ...unmappings(shape),
    ...growing(shape),
    ...pauses(),
  ].filter(({ step }) => shape.kinds.has(step.kind));
  return withoutCopies(operations).filter(({ step }) =>
    endOf(step) <= largestBytes(operations, shape)
  );
}

/** The first of those that ask for the same: on a small disk places coincide. */
function withoutCopies(operations: readonly WorkloadOperation[]): WorkloadOperation[] {
  return [...new Map(operations.toReversed().map((each) => [JSON.stringify(each.step), each]))]
    .map(([, operation]) => operation).reverse();
}

/** How far the disk goes once it is as large as it gets. */
function largestBytes(operations: readonly WorkloadOperation[], { sizeBytes }: DiskShape): number {
  return Math.max(
    sizeBytes,
    ...operations.map(({ step }) => "sizeBytes" in step ? step.sizeBytes : 0),
  );
}

function endOf(step: Step): number {
  return "offsetBytes" in step ? step.offsetBytes + step.lengthBytes : 0;
}

type Place = readonly [offsetBytes: number, lengthBytes: number];

function range(
  name: string,
  feature: Feature,
  kind: "write" | "zero" | "discard",
  [offsetBytes, lengthBytes]: Place,
): WorkloadOperation {
  return { name, feature, step: { kind, offsetBytes, lengthBytes } };
}

function lastSector({ sizeBytes }: DiskShape): Place {
  return [sizeBytes - SECTOR_BYTES, SECTOR_BYTES];
}

/** In a unit, but not at its start; all of it where it is a sector. */
function partOf(unitStart: number, { allocationUnitBytes }: DiskShape): Place {
  return [unitStart + (allocationUnitBytes > SECTOR_BYTES ? SECTOR_BYTES : 0), SECTOR_BYTES];
}

function writesInTheFirstTable(shape: DiskShape): WorkloadOperation[] {
  const { allocationUnitBytes, written } = shape;
  const free = firstFreeBytes(shape);
  const operations: WorkloadOperation[] = [];
  if (written.length > 0) {
    const { offsetBytes } = written[0];
    operations.push(
      range("write in place", "write in place", "write", partOf(offsetBytes, shape)),
      range("write in place, a whole unit", "write in place", "write", [
        offsetBytes,
        allocationUnitBytes,
      ]),
    );
  }
  if (allocationUnitBytes > SECTOR_BYTES) {
    const place = partOf(free, shape);
    operations.push(range("write, part of a free unit", "allocating write", "write", place));
  }
  // The unit after the partly written one: a write across the boundary touches either, or both.
  const whole = free + (allocationUnitBytes > SECTOR_BYTES ? allocationUnitBytes : 0);
  operations.push(
    range("write, a whole free unit", "allocating write", "write", [whole, allocationUnitBytes]),
    range("write across units", "crossing", "write", acrossAt(free + allocationUnitBytes, shape)),
  );
  return operations;
}

/** The shortest write that crosses `boundary`. */
function acrossAt(boundary: number, { alignmentBytes }: DiskShape): Place {
  // Not whole sectors, where the format takes that.
  const each = alignmentBytes === 1 ? SECTOR_BYTES - 12 : SECTOR_BYTES;
  return [boundary - each, 2 * each];
}

function writesToFurtherTables(shape: DiskShape, tableBytes: number): WorkloadOperation[] {
  const { allocationUnitBytes } = shape;
  const part = partOf(tableBytes + allocationUnitBytes, shape);
  const whole: Place = [tableBytes + 2 * allocationUnitBytes, allocationUnitBytes];
  return [
    range("write across tables", "crossing", "write", acrossAt(tableBytes, shape)),
    range("write, part of a unit without a table", "new table", "write", part),
    range("write, a whole unit without a table", "new table", "write", whole),
  ];
}

function unmappings(shape: DiskShape): WorkloadOperation[] {
  const { written, allocationUnitBytes, tableBytes } = shape;
  const free = firstFreeBytes(shape);
  const operations = [
    range("zero across units", "zero", "zero", [free, allocationUnitBytes + SECTOR_BYTES]),
    range("discard a free unit", "discard", "discard", [free, allocationUnitBytes]),
  ];
  if (written.length > 0) {
    const [{ offsetBytes }] = written;
    operations.push(
      range("zero a written unit", "zero", "zero", [offsetBytes, allocationUnitBytes]),
      range("discard a written unit", "discard", "discard", [offsetBytes, allocationUnitBytes]),
    );
    if (allocationUnitBytes > SECTOR_BYTES) {
      const part = partOf(offsetBytes, shape);
      operations.push(
        range("zero part of a written unit", "zero", "zero", part),
        range("discard part of a written unit", "discard", "discard", part),
        range("discard part of a free unit", "discard", "discard", partOf(free, shape)),
      );
    }
  }
  if (tableBytes !== undefined) {
    const place: Place = [tableBytes - allocationUnitBytes, 3 * allocationUnitBytes];
    operations.push(range("discard across tables", "discard", "discard", place));
  }
  return operations;
}

function growing(shape: DiskShape): WorkloadOperation[] {
  const { sizeBytes, allocationUnitBytes, tableBytes, sizeStepBytes } = shape;
  const far = Math.ceil((sizeBytes + 1) / (tableBytes ?? allocationUnitBytes)) *
      (tableBytes ?? allocationUnitBytes) +
    allocationUnitBytes;
  const pastEnd: Place = [sizeBytes, SECTOR_BYTES];
  return [
    grow("grow a little", sizeBytes + sizeStepBytes),
    grow(tableBytes === undefined ? "grow by units" : "grow into another table", far),
    range("write past the old end", "grow", "write", pastEnd),
  ].filter(({ step }) => step.kind === "grow" || shape.kinds.has("grow"));
}

function grow(name: string, sizeBytes: number): WorkloadOperation {
  return { name, feature: "grow", step: { kind: "grow", sizeBytes } };
}

function pauses(): WorkloadOperation[] {
  return (["flush", "reopen", "snapshot"] as const).map((kind) => ({
    name: kind,
    feature: kind,
    step: { kind },
  }));
}
