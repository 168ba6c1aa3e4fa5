import { Buffer } from "node:buffer";
import { describeSector } from "../../result/describe_sector.ts";
import type { ByteSource } from "../../log/write_log.ts";
import type { ReportStages, StageRow } from "./document.ts";
import { SECTOR_BYTES } from "../../../lib/storage/sector.ts";

/** The maximum number of rows. */
const MAX_ROWS = 48;

/** A file at three moments; undefined if there is no such file. */
export interface FileStages {
  /** Before the log. */
  readonly before: ByteSource;
  /** As the crash left it. */
  readonly left: ByteSource;
  /** After recovery; the refusal, if recovery refused the file. */
  readonly after: ByteSource | string;
}

/** Part of a file. */
export interface FileRange {
  /** Where it starts, in bytes. */
  readonly offsetBytes: number;
  /** How long it is, in bytes. */
  readonly lengthBytes: number;
}

/**
 * The sectors of `ranges` that are not the same at all three moments, by their first bytes; those in
 * `early` reached the disk although nothing had made them durable, and are marked.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PagedStorage, sectorStages, storageSource } from "@powercut/powercut/harness/advanced";
 * import { MemoryStorage } from "@powercut/powercut/lib";
 *
 * const before = storageSource(new MemoryStorage(new Uint8Array(1024)));
 * const left = new PagedStorage(before);
 * left.write(512, 512, new Uint8Array(512).fill(7));
 * const range = { offsetBytes: 512, lengthBytes: 512 };
 * const { rows } = sectorStages({ before, left, after: "bad magic" }, [range], [range]);
 * assertEquals(rows[0].name, "sector 1");
 * assertEquals([rows[0].before, rows[0].left], ["zeroes", "0x07 repeated"]);
 * ```
 */
export function sectorStages(
  { before, left, after }: FileStages,
  ranges: readonly FileRange[],
  early: readonly FileRange[] = [],
): ReportStages {
  const isEarly = new Set(early.flatMap(sectorsOf));
  const sectors = new Set(ranges.flatMap(sectorsOf));
  const rows = [...sectors].sort((a, b) => a - b).flatMap((sector): StageRow[] => {
    const was = sectorOf(before, sector);
    const is = sectorOf(left, sector);
    const later = typeof after === "string" ? undefined : sectorOf(after, sector);
    if (Buffer.compare(was, is) === 0 && (!later || Buffer.compare(is, later) === 0)) return [];
    return [{
      name: `sector ${sector}`,
      before: describeSector(was),
      left: describeSector(is),
      after: later ? describeSector(later) : "not opened",
      ...(isEarly.has(sector) && { wrong: "on disk, and not flushed" }),
    }];
  });
  const omitted = rows.length - MAX_ROWS;
  const notes = [
    ...(typeof after === "string" ? [`It can't be opened: ${after}.`] : []),
    ...(omitted > 0 ? [`${omitted} more sectors are different.`] : []),
  ];
  return {
    title: "Sectors that changed",
    rows: rows.slice(0, MAX_ROWS),
    ...(notes.length > 0 && { note: notes.join(" ") }),
  };
}

function sectorsOf({ offsetBytes, lengthBytes }: FileRange): number[] {
  const first = Math.floor(offsetBytes / SECTOR_BYTES);
  const end = Math.ceil((offsetBytes + lengthBytes) / SECTOR_BYTES);
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
}

function sectorOf(source: ByteSource, sector: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  source.read(sector * SECTOR_BYTES, bytes);
  return bytes;
}
