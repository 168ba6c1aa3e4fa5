/**
 * The alphabet of workloads: everything that makes a format take another path, once each.
 *
 * Positions are chosen by equivalence class: two places at which a format does the same (two units
 * that nothing was written to, say) need only one letter, so no two sequences of letters differ
 * only in which of two like places they use. What each letter is for: docs/workloads.md.
 *
 * @module
 */
import type { Step } from "../target/subject.ts";
import { type DiskShape, firstFreeBytes } from "./disk_shape.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** What a letter exercises; random workloads leave out whole features (swarm testing). */
export type Feature = typeof FEATURES[number];

/**
 * All features.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FEATURES } from "@powercut/powercut/harness";
 *
 * assertEquals(FEATURES.includes("flush"), true);
 * ```
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
export interface Letter {
  /** A name that tells it from all others, for people: `write, part of a free unit`. */
  readonly name: string;
  /** What it exercises. */
  readonly feature: Feature;
  /** What is asked for. */
  readonly step: Step;
}

/**
 * The letters for a disk of this shape: one for each class, of the kinds of step that it takes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { alphabetFor } from "@powercut/powercut/harness";
 *
 * // A disk of eight sectors; the format writes each by itself.
 * const letters = alphabetFor({
 *   sizeBytes: 4096,
 *   unitBytes: 512,
 *   alignmentBytes: 512,
 *   sizeStepBytes: 512,
 *   written: [{ offsetBytes: 0, lengthBytes: 512 }],
 *   kinds: new Set(["write", "flush"]),
 * });
 * assertEquals(letters.map(({ name }) => name), [
 *   "write in place",
 *   "write, a whole free unit",
 *   "write across units",
 *   "write the last sector",
 *   "flush",
 * ]);
 * ```
 */
export function alphabetFor(shape: DiskShape): Letter[] {
  const { tableBytes } = shape;
  const letters = [
    ...writesInTheFirstTable(shape),
    ...(tableBytes === undefined ? [] : writesToFurtherTables(shape, tableBytes)),
    range("write the last sector", "last sector", "write", lastSector(shape)),
    ...unmappings(shape),
    ...growing(shape),
    ...pauses(),
  ].filter(({ step }) => shape.kinds.has(step.kind));
  return withoutCopies(letters).filter(({ step }) => endOf(step) <= largestBytes(letters, shape));
}

/** The first of those that ask for the same: on a small disk places coincide. */
function withoutCopies(letters: readonly Letter[]): Letter[] {
  return [...new Map(letters.toReversed().map((each) => [JSON.stringify(each.step), each]))]
    .map(([, letter]) => letter).reverse();
}

/** How far the disk goes once it is as large as it gets. */
function largestBytes(letters: readonly Letter[], { sizeBytes }: DiskShape): number {
  return Math.max(
    sizeBytes,
    ...letters.map(({ step }) => "sizeBytes" in step ? step.sizeBytes : 0),
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
): Letter {
  return { name, feature, step: { kind, offsetBytes, lengthBytes } };
}

function lastSector({ sizeBytes }: DiskShape): Place {
  return [sizeBytes - SECTOR_BYTES, SECTOR_BYTES];
}

/** In a unit, but not at its start; all of it where it is a sector. */
function partOf(unitStart: number, { unitBytes }: DiskShape): Place {
  return [unitStart + (unitBytes > SECTOR_BYTES ? SECTOR_BYTES : 0), SECTOR_BYTES];
}

function writesInTheFirstTable(shape: DiskShape): Letter[] {
  const { unitBytes, written } = shape;
  const free = firstFreeBytes(shape);
  const letters: Letter[] = [];
  if (written.length > 0) {
    const { offsetBytes } = written[0];
    letters.push(
      range("write in place", "write in place", "write", partOf(offsetBytes, shape)),
      range("write in place, a whole unit", "write in place", "write", [offsetBytes, unitBytes]),
    );
  }
  if (unitBytes > SECTOR_BYTES) {
    const place = partOf(free, shape);
    letters.push(range("write, part of a free unit", "allocating write", "write", place));
  }
  // The unit behind the one that is written in part: crossing into it meets either, or both.
  const whole = free + (unitBytes > SECTOR_BYTES ? unitBytes : 0);
  letters.push(
    range("write, a whole free unit", "allocating write", "write", [whole, unitBytes]),
    range("write across units", "crossing", "write", acrossAt(free + unitBytes, shape)),
  );
  return letters;
}

/** The shortest write that goes on behind `boundary`. */
function acrossAt(boundary: number, { alignmentBytes }: DiskShape): Place {
  // Not whole sectors, where the format takes that.
  const each = alignmentBytes === 1 ? SECTOR_BYTES - 12 : SECTOR_BYTES;
  return [boundary - each, 2 * each];
}

function writesToFurtherTables(shape: DiskShape, tableBytes: number): Letter[] {
  const { unitBytes } = shape;
  const part = partOf(tableBytes + unitBytes, shape);
  const whole: Place = [tableBytes + 2 * unitBytes, unitBytes];
  return [
    range("write across tables", "crossing", "write", acrossAt(tableBytes, shape)),
    range("write, part of a unit without a table", "new table", "write", part),
    range("write, a whole unit without a table", "new table", "write", whole),
  ];
}

function unmappings(shape: DiskShape): Letter[] {
  const { written, unitBytes, tableBytes } = shape;
  const free = firstFreeBytes(shape);
  const letters = [
    range("zero across units", "zero", "zero", [free, unitBytes + SECTOR_BYTES]),
    range("discard a free unit", "discard", "discard", [free, unitBytes]),
  ];
  if (written.length > 0) {
    const [{ offsetBytes }] = written;
    letters.push(
      range("zero a written unit", "zero", "zero", [offsetBytes, unitBytes]),
      range("discard a written unit", "discard", "discard", [offsetBytes, unitBytes]),
    );
    if (unitBytes > SECTOR_BYTES) {
      const part = partOf(offsetBytes, shape);
      letters.push(
        range("zero part of a written unit", "zero", "zero", part),
        range("discard part of a written unit", "discard", "discard", part),
        range("discard part of a free unit", "discard", "discard", partOf(free, shape)),
      );
    }
  }
  if (tableBytes !== undefined) {
    const place: Place = [tableBytes - unitBytes, 3 * unitBytes];
    letters.push(range("discard across tables", "discard", "discard", place));
  }
  return letters;
}

function growing(shape: DiskShape): Letter[] {
  const { sizeBytes, unitBytes, tableBytes, sizeStepBytes } = shape;
  const far = Math.ceil((sizeBytes + 1) / (tableBytes ?? unitBytes)) * (tableBytes ?? unitBytes) +
    unitBytes;
  const behind: Place = [sizeBytes, SECTOR_BYTES];
  return [
    grow("grow a little", sizeBytes + sizeStepBytes),
    grow(tableBytes === undefined ? "grow by units" : "grow into another table", far),
    range("write behind the old end", "grow", "write", behind),
  ].filter(({ step }) => step.kind === "grow" || shape.kinds.has("grow"));
}

function grow(name: string, sizeBytes: number): Letter {
  return { name, feature: "grow", step: { kind: "grow", sizeBytes } };
}

function pauses(): Letter[] {
  return (["flush", "reopen", "snapshot"] as const).map((kind) => ({
    name: kind,
    feature: kind,
    step: { kind },
  }));
}
