import type { Operation } from "../../storage/request.ts";
import type { QedImage } from "./image.ts";
import { ENTRY_BYTES } from "../format/layout.ts";
import { SECTOR_BYTES } from "../../storage/sector.ts";
import { Table } from "../format/table.ts";
import { noteSector, writeSectors } from "./table_sectors.ts";

/** The size of a slice, in bytes. */
const SLICE_BYTES = 2 ** 16;
const SLICE_ENTRIES = SLICE_BYTES / ENTRY_BYTES;

/** A range of entries of one table. */
export interface EntryRange {
  /** The index of the first one. */
  readonly from: number;
  /** The index after the last one. */
  readonly to: number;
}

/**
 * Change many entries of an L1 or L2 table, on disk first and then in memory, as `updateEntries`
 * does. `decide` gets the index and value of each entry, once and in order, and returns the new
 * value. Writes the sectors that change, adjacent ones together, one slice of the table at a time,
 * and calls `done` after each slice. If `decide` throws, its slice is unchanged. Needs the
 * allocation lock.
 */
export function* changeEntries(
  image: QedImage,
  table: Table,
  { from, to }: EntryRange,
  options: {
    readonly decide: (index: number, entry: number) => number;
    readonly done?: () => void;
  },
): Operation<void> {
  const sliceBytes = Math.min(SLICE_BYTES, table.block.bytes.length);
  const block = image.buffers.take(sliceBytes);
  const sectors: number[] = [];
  for (let start = from; start < to;) {
    const first = start - start % SLICE_ENTRIES;
    const end = Math.min(to, first + SLICE_ENTRIES);
    const old = table.block.bytes.subarray(first * ENTRY_BYTES, first * ENTRY_BYTES + sliceBytes);
    block.bytes.set(old);
    const slice = new Table(block, table.entryOffsetBytes(first));
    sectors.length = 0;
    decideAll(
      slice,
      { from: start - first, to: end - first },
      sectors,
      (index, entry) => options.decide(first + index, entry),
    );
    if (sectors.length > 0) {
      const label = table === image.l1 ? "l1-table" : "l2-table";
      yield* writeSectors(image, slice, sectors, label);
      old.set(block.bytes);
      table.noteRefilled();
      image.tableChanges++;
    }
    options.done?.();
    start = end;
  }
}

/** Decide every entry of a slice, and add the sectors with changes to `sectors`. */
function decideAll(
  slice: Table,
  { from, to }: EntryRange,
  sectors: number[],
  decide: (index: number, entry: number) => number,
): void {
  for (let index = from; index < to; index++) {
    const entry = slice.entry(index);
    const value = decide(index, entry);
    if (value === entry) continue;
    slice.setEntry(index, value);
    noteSector(sectors, index);
  }
}

if (SLICE_BYTES % SECTOR_BYTES !== 0) {
  throw new Error("change_entries: a slice must consist of whole sectors");
}
