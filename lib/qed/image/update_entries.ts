import type { Operation } from "../../storage/request.ts";
import type { QedImage } from "./image.ts";
import { ENTRY_BYTES } from "../format/layout.ts";
import { SECTOR_BYTES } from "../../storage/sector.ts";
import { Table } from "../format/table.ts";

/** New values of table entries that follow each other. */
export interface EntryChange {
  /** The first entry's index. */
  readonly index: number;
  /** How many entries. */
  readonly count: number;
  /** The first entry's value: an offset in bytes, or a special value. */
  readonly first: number;
  /** How much each further entry is more than the one before it. */
  readonly stepBytes: number;
}

/**
 * Change entries of a table, on disk first and only then in memory: nobody acts on an entry that
 * is not there yet, so a flush of what was acknowledged covers the entries it was acknowledged
 * through. Writes the sectors that change, in one request. Needs the turn of those who change
 * tables ({@linkcode QedImage.withAllocationLock}).
 */
export function* updateEntries(
  image: QedImage,
  table: Table,
  change: EntryChange,
): Operation<void> {
  const { offsetBytes, bytes } = table.sectorRange(change.index, change.count);
  const part = new Table(image.buffers.take(bytes.length), offsetBytes);
  part.block.bytes.set(bytes);
  const skipped = Math.floor(change.index * ENTRY_BYTES / SECTOR_BYTES) * ENTRIES_IN_SECTOR;
  setEntries(part, { ...change, index: change.index - skipped });
  yield* image.requestOrFail({
    kind: "write",
    file: image.file,
    offsetBytes,
    bytes: part.block.bytes,
    label: table === image.l1 ? "l1-table" : "l2-table",
  });
  setEntries(table, change);
  image.tableChanges++;
}

/** Change entries in memory only. */
export function setEntries(table: Table, { index, count, first, stepBytes }: EntryChange): void {
  for (let i = 0; i < count; i++) table.setEntry(index + i, first + i * stepBytes);
}

const ENTRIES_IN_SECTOR = SECTOR_BYTES / ENTRY_BYTES;
