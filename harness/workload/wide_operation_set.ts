import type { RangeStep } from "../target/subject.ts";
import { type Feature, operationSetFor, type WorkloadOperation } from "./operation_set.ts";
import { type DiskShape, firstFreeBytes } from "./disk_shape.ts";
import { stepText } from "./workload_source.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/**
 * More operations of the same features: several places of each class, several lengths, and where the
 * format takes it places between sectors. For random workloads; all sequences would be too many.
 */
export function wideOperationSetFor(shape: DiskShape): WorkloadOperation[] {
  const operations = [...operationSetFor(shape), ...furtherOperations(shape)];
  const known = new Set<string>();
  return operations.filter(({ step }) => {
    const key = JSON.stringify(step);
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
}

function furtherOperations(shape: DiskShape): WorkloadOperation[] {
  const { sizeBytes, kinds } = shape;
  const operations: WorkloadOperation[] = [];
  for (const unitStart of unitStarts(shape)) {
    for (const [from, to] of partsOfUnits(shape)) {
      for (const kind of ["write", "zero", "discard"] as const) {
        const step: RangeStep = { kind, offsetBytes: unitStart + from, lengthBytes: to - from };
        if (!kinds.has(kind) || unitStart + to > sizeBytes) continue;
        operations.push({ name: stepText(step), feature: featureOf(step, shape), step });
      }
    }
  }
  return operations;
}

/** Units written and free ones, at both ends of a table. */
function unitStarts(shape: DiskShape): number[] {
  const { written, allocationUnitBytes, tableBytes, sizeBytes } = shape;
  const free = firstFreeBytes(shape);
  const starts = [
    ...written.map(({ offsetBytes }) => offsetBytes),
    ...[0, 1, 3].map((distance) => free + distance * allocationUnitBytes),
    ...(tableBytes === undefined
      ? []
      : [-1, 0, 1].map((at) => tableBytes + at * allocationUnitBytes)),
  ];
  return starts.filter((start) => start < sizeBytes);
}

/** Ranges within a unit, in bytes; some extend into the next unit. */
function partsOfUnits(
  { allocationUnitBytes, alignmentBytes }: DiskShape,
): (readonly [number, number])[] {
  const end = allocationUnitBytes - SECTOR_BYTES;
  return [
    [0, SECTOR_BYTES],
    [end, allocationUnitBytes],
    [0, allocationUnitBytes],
    [end, allocationUnitBytes + SECTOR_BYTES],
    [0, 2 * allocationUnitBytes],
    ...(alignmentBytes === 1 ? [[100, 300], [end + 400, allocationUnitBytes + 100]] as const : []),
  ];
}

function featureOf(
  { kind, offsetBytes, lengthBytes }: RangeStep,
  { allocationUnitBytes, tableBytes = Infinity, written }: DiskShape,
): Feature {
  const end = offsetBytes + lengthBytes;
  if (kind !== "write") return kind;
  if (
    Math.floor(offsetBytes / allocationUnitBytes) !== Math.floor((end - 1) / allocationUnitBytes)
  ) return "crossing";
  if (offsetBytes >= tableBytes) return "new table";
  const isWritten = written.some((each) =>
    offsetBytes >= each.offsetBytes && end <= each.offsetBytes + each.lengthBytes
  );
  return isWritten ? "write in place" : "allocating write";
}
