import type { RangeStep } from "../target/subject.ts";
import { alphabetFor, type Feature, type Letter } from "./alphabet.ts";
import { type DiskShape, firstFreeBytes } from "./disk_shape.ts";
import { stepText } from "./workload_source.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/**
 * More letters of the same features: several places of each class, several lengths, and where the
 * format takes it places between sectors. For random workloads; all sequences would be too many.
 */
export function wideAlphabetFor(shape: DiskShape): Letter[] {
  const letters = [...alphabetFor(shape), ...furtherLetters(shape)];
  const known = new Set<string>();
  return letters.filter(({ step }) => {
    const key = JSON.stringify(step);
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
}

function furtherLetters(shape: DiskShape): Letter[] {
  const { sizeBytes, kinds } = shape;
  const letters: Letter[] = [];
  for (const unitStart of unitStarts(shape)) {
    for (const [from, to] of partsOfUnits(shape)) {
      for (const kind of ["write", "zero", "discard"] as const) {
        const step: RangeStep = { kind, offsetBytes: unitStart + from, lengthBytes: to - from };
        if (!kinds.has(kind) || unitStart + to > sizeBytes) continue;
        letters.push({ name: stepText(step), feature: featureOf(step, shape), step });
      }
    }
  }
  return letters;
}

/** Units written and free ones, at both ends of a table. */
function unitStarts(shape: DiskShape): number[] {
  const { written, unitBytes, tableBytes, sizeBytes } = shape;
  const free = firstFreeBytes(shape);
  const starts = [
    ...written.map(({ offsetBytes }) => offsetBytes),
    ...[0, 1, 3].map((distance) => free + distance * unitBytes),
    ...(tableBytes === undefined ? [] : [-1, 0, 1].map((at) => tableBytes + at * unitBytes)),
  ];
  return starts.filter((start) => start < sizeBytes);
}

/** From where to where in a unit, in bytes; some go on in the next one. */
function partsOfUnits({ unitBytes, alignmentBytes }: DiskShape): (readonly [number, number])[] {
  const end = unitBytes - SECTOR_BYTES;
  return [
    [0, SECTOR_BYTES],
    [end, unitBytes],
    [0, unitBytes],
    [end, unitBytes + SECTOR_BYTES],
    [0, 2 * unitBytes],
    ...(alignmentBytes === 1 ? [[100, 300], [end + 400, unitBytes + 100]] as const : []),
  ];
}

function featureOf(
  { kind, offsetBytes, lengthBytes }: RangeStep,
  { unitBytes, tableBytes = Infinity, written }: DiskShape,
): Feature {
  const end = offsetBytes + lengthBytes;
  if (kind !== "write") return kind;
  if (Math.floor(offsetBytes / unitBytes) !== Math.floor((end - 1) / unitBytes)) return "crossing";
  if (offsetBytes >= tableBytes) return "new table";
  const isWritten = written.some((each) =>
    offsetBytes >= each.offsetBytes && end <= each.offsetBytes + each.lengthBytes
  );
  return isWritten ? "write in place" : "allocating write";
}
