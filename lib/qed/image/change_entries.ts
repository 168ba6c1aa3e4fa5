import type { Operation } from "../../storage/request.ts";
import type { QedImage } from "./image.ts";
import { ENTRY_BYTES } from "../format/layout.ts";
import { SECTOR_BYTES } from "../../storage/sector.ts";
import { Table } from "../format/table.ts";
import { noteSector, writeSectors } from "./table_sectors.ts";

/** How much of a table is changed at a time, in bytes. */
const SLICE_BYTES = 2 ** 16;
const SLICE_ENTRIES = SLICE_BYTES / ENTRY_BYTES;

/** Entries of one table. */
export interface EntryRange {
  /** The first one's index. */
  readonly from: number;
  /** The index behind the last one. */
  readonly to: number;
}

/**
 * Change many entries of an L1 or L2 table, on disk first and only then in memory, as
 * `updateEntries` does. `decide` is told an entry's index and value, once and in order, and answers
 * the new value. Writes the sectors that change, adjacent ones together, a slice of the table at a
 * time; after each slice, with all of it done, `done` is called. If `decide` throws, its slice is
 * left as it was. Needs the turn.
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

/** The loop over the entries; notes the sectors in which one changed. */
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
