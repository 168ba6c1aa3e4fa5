import type { Operation } from "../../storage/request.ts";
import type { QedImage } from "./image.ts";
import { ENTRY_BYTES } from "../format/layout.ts";
import { SECTOR_BYTES } from "../../storage/sector.ts";
import { Table } from "../format/table.ts";

/** New values of adjacent table entries. */
export interface EntryChange {
  /** The index of the first entry. */
  readonly index: number;
  /** The number of entries. */
  readonly count: number;
  /** The value of the first entry: an offset in bytes, or a special value. */
  readonly first: number;
  /** The difference between an entry and the one before it. */
  readonly stepBytes: number;
}

/**
 * Change entries of a table, on disk first and then in memory: no operation uses an entry before it
 * is written, so a flush of acknowledged data covers the entries that map it. Writes the sectors
 * that change in one request. Needs the allocation lock ({@linkcode QedImage.withAllocationLock}).
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
