/** A range of a map as `qemu-img map --output=json` has it. */
export interface MapEntry {
  /** Where it starts on the guest's disk, in bytes. */
  readonly start: number;
  /** The length in bytes. */
  readonly length: number;
  /** Which file holds it: 0 the image, 1 its backing file and so on. */
  readonly depth?: number;
  /** Whether any file holds it; that it is not zero and data says the same. */
  readonly present?: boolean;
  /** Whether it reads as zeroes. */
  readonly zero?: boolean;
  /** Whether it is stored as data. */
  readonly data?: boolean;
  /** Where it is in that file, in bytes. */
  readonly offset?: number;
}

interface Extent extends Required<Pick<MapEntry, "start" | "length" | "depth">> {
  readonly state: "data" | "zero" | "absent";
  readonly offset: number | undefined;
}

/**
 * The lines of a map, neighbours that are alike joined: `START+LENGTH STATE`, then ` at OFFSET` for
 * data, then ` depth DEPTH` unless it is the image itself. A state is `data`, `zero` (the file says
 * that there are zeroes) or `absent` (no file holds it, so it reads as zeroes).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mapLines } from "./map_lines.ts";
 *
 * assertEquals(
 *   mapLines([
 *     { start: 0, length: 4096, present: true, data: true, offset: 65536 },
 *     { start: 4096, length: 4096, present: true, data: true, offset: 69632 },
 *     { start: 8192, length: 512, present: false, zero: true, depth: 1 },
 *   ]),
 *   ["0+8192 data at 65536", "8192+512 absent depth 1"],
 * );
 * ```
 */
export function mapLines(entries: readonly MapEntry[]): string[] {
  const joined: Extent[] = [];
  for (const entry of entries.filter(({ length }) => length > 0).map(extentOf)) {
    const last = joined.at(-1);
    if (last && continues(last, entry)) {
      joined[joined.length - 1] = { ...last, length: last.length + entry.length };
    } else {
      joined.push(entry);
    }
  }
  return joined.map(({ start, length, state, offset, depth }) => {
    const place = state === "data" ? ` at ${offset}` : "";
    return `${start}+${length} ${state}${place}${depth > 0 ? ` depth ${depth}` : ""}`;
  });
}

function extentOf({ start, length, depth = 0, present, zero, data, offset }: MapEntry): Extent {
  const isAbsent = present === undefined ? !zero && !data : !present;
  const state = isAbsent ? "absent" : data ? "data" : "zero";
  return { start, length, depth, state, offset: state === "data" ? offset : undefined };
}

function continues(before: Extent, after: Extent): boolean {
  return before.start + before.length === after.start && before.state === after.state &&
    before.depth === after.depth &&
    (before.offset === undefined
      ? after.offset === undefined
      : after.offset === before.offset + before.length);
}
