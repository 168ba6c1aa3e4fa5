import type { Label, Operation } from "../../storage/request.ts";
import type { QedImage } from "./image.ts";
import { ENTRY_BYTES } from "../format/layout.ts";
import { SECTOR_BYTES } from "../../storage/sector.ts";
import type { Table } from "../format/table.ts";

const SECTOR_ENTRIES = SECTOR_BYTES / ENTRY_BYTES;

/** Add the sector of the entry at `index` to a list of sectors that is built in ascending order. */
export function noteSector(sectors: number[], index: number): void {
  const sector = Math.floor(index / SECTOR_ENTRIES);
  if (sectors[sectors.length - 1] !== sector) sectors.push(sector);
}

/** Write some sectors of a table, in ascending order, with one request for adjacent ones. */
export function* writeSectors(
  image: QedImage,
  table: Table,
  sectors: readonly number[],
  label: Label = table === image.l1 ? "l1-table" : "l2-table",
): Operation<void> {
  for (let i = 0; i < sectors.length;) {
    const first = sectors[i];
    let end = first + 1;
    while (++i < sectors.length && sectors[i] === end) end++;
    yield* image.requestOrFail({
      kind: "write",
      file: image.file,
      offsetBytes: table.offsetBytes + first * SECTOR_BYTES,
      bytes: table.block.bytes.subarray(first * SECTOR_BYTES, end * SECTOR_BYTES),
      label,
    });
  }
}
