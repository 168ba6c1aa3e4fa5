import { isZero } from "../../lib/chain/mod.ts";
import { ENTRY_BYTES, type Geometry, type HeaderLayout, ZERO_CLUSTER } from "../../lib/qed/mod.ts";
import type { FileStorage } from "../../lib/storage/mod.ts";
import { bytesText, hex } from "./dump_header.ts";
import { formatSize } from "../kit/sizes.ts";

/** The facts about an image that a {@linkcode TableDumper} needs. */
export interface TableDumpOptions {
  /** Cluster and table sizes. */
  readonly geometry: Geometry;
  /** The offset of the L1 table according to the header, in bytes. */
  readonly l1OffsetBytes: bigint;
  /** Where the header ends, in bytes. */
  readonly headerBytes: number;
  /** The size of the file in bytes. */
  readonly fileBytes: number;
  /** In the rfc layout there are no zero clusters. */
  readonly layout: HeaderLayout;
  /** The most lines for a table. */
  readonly lines: number;
}

/** An L2 table that the L1 table names. */
export interface TablePlace {
  /** The L1 entry's index. */
  readonly l1Index: number;
  /** Where it says that the table is, in bytes. */
  readonly offsetBytes: bigint;
}

/** Entries that go on like the first of them. */
interface EntryRun {
  readonly index: number;
  readonly first: bigint;
  count: number;
}

/** The size of a read, in bytes. */
const PIECE_BYTES = 1 << 16;

/** Puts tables into words, whatever is in them; memory is bounded, and so is what is printed. */
export class TableDumper {
  readonly #file: FileStorage;
  readonly #options: TableDumpOptions;

  /** A dumper of the tables in `file`. */
  constructor(file: FileStorage, options: TableDumpOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** Print the L1 table, and call `onTable` for each L2 table that can be read. */
  dumpL1(print: (text: string) => void, onTable: (place: TablePlace) => void): void {
    const { l1OffsetBytes, geometry } = this.#options;
    const perTable = BigInt(geometry.tableEntries) * BigInt(geometry.clusterBytes);
    print(`\n${this.#title("L1 table", l1OffsetBytes)}`);
    this.#dump(l1OffsetBytes, 0n, print, ({ index, first }) => {
      if (first === 0n) return "no L2 table";
      const problem = this.#problemOf(first, geometry.tableClusters);
      if (this.#isTablePlace(first)) onTable({ l1Index: index, offsetBytes: first });
      const guest = formatSize(BigInt(index) * perTable);
      return `L2 table of the guest's disk from ${guest} on${problem}`;
    });
  }

  /** Print an L2 table. */
  dumpL2({ l1Index, offsetBytes }: TablePlace, print: (text: string) => void): void {
    const { geometry, layout } = this.#options;
    const cluster = BigInt(geometry.clusterBytes);
    const guestStart = BigInt(l1Index) * BigInt(geometry.tableEntries) * cluster;
    print(`\n${this.#title(`L2 table ${l1Index}`, offsetBytes)}`);
    this.#dump(offsetBytes, cluster, print, ({ index, first, count }) => {
      const guest = guestStart + BigInt(index) * cluster;
      const where = `guest ${guest} .. ${guest + BigInt(count) * cluster - 1n}`;
      if (first === 0n) return `unallocated: ${where}`;
      if (first === BigInt(ZERO_CLUSTER) && layout === "final") return `zero clusters: ${where}`;
      return `data: ${where}${this.#problemOf(first, count)}`;
    });
  }

  #title(name: string, offsetBytes: bigint): string {
    const { tableBytes, tableEntries } = this.#options.geometry;
    return `${name} at ${offsetBytes} (0x${hex(offsetBytes, 1)}), ${tableBytes} bytes, ` +
      `${tableEntries} entries\n`;
  }

  /** Print a line for each run of entries; offsets of a run grow by `step`. */
  #dump(
    offsetBytes: bigint,
    step: bigint,
    print: (text: string) => void,
    describe: (run: EntryRun) => string,
  ): void {
    let lines = 0;
    const finish = (run: EntryRun) => {
      const meaning = describe(run);
      if (lines++ >= this.#options.lines) return;
      const last = run.count > 1 ? `-${run.index + run.count - 1}` : "";
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, run.first, true);
      const at = offsetBytes + BigInt(run.index * ENTRY_BYTES);
      print(
        `${hex(at, 8)}  ${bytesText(bytes)}  ${`[${run.index}${last}]`.padEnd(14)}  ${meaning}\n`,
      );
    };
    let run: EntryRun | undefined;
    let count = 0;
    for (const piece of this.#pieces(offsetBytes)) {
      const pieceEntries = piece.length / ENTRY_BYTES;
      // Tables can have 2^27 entries, nearly all of them zero.
      if (run?.first === 0n && isZero(piece)) {
        run.count += pieceEntries;
        count += pieceEntries;
        continue;
      }
      const view = new DataView(piece.buffer, piece.byteOffset);
      for (let at = 0; at < piece.length; at += ENTRY_BYTES) {
        const entry = view.getBigUint64(at, true);
        const expected = run && (run.first > 1n ? run.first + BigInt(run.count) * step : run.first);
        const continues = run && entry === expected && (step > 0n || entry === 0n);
        if (run && continues) run.count++;
        else {
          if (run) finish(run);
          run = { index: count, first: entry, count: 1 };
        }
        count++;
      }
    }
    if (run) finish(run);
    if (lines > this.#options.lines) {
      print(`${lines - this.#options.lines} more lines; --all shows them\n`);
    }
    const missing = this.#options.geometry.tableEntries - count;
    if (missing > 0) print(`!! the file ends here: ${missing} entries are missing\n`);
  }

  /** The table as far as the file goes, in pieces of whole entries. */
  *#pieces(offsetBytes: bigint): Generator<Uint8Array> {
    const { fileBytes, geometry } = this.#options;
    if (offsetBytes >= BigInt(fileBytes)) return;
    const start = Number(offsetBytes);
    const piece = new Uint8Array(PIECE_BYTES);
    for (let done = 0; done < geometry.tableBytes; done += PIECE_BYTES) {
      const into = piece.subarray(0, Math.min(PIECE_BYTES, geometry.tableBytes - done));
      const moved = this.#file.perform({
        kind: "read",
        file: 0,
        offsetBytes: start + done,
        into,
        label: "dump",
      });
      yield into.subarray(0, moved - moved % ENTRY_BYTES);
      if (moved < into.length) return;
    }
  }

  /** Whether a table may be here, or the beginning of one whose end is missing. */
  #isTablePlace(offsetBytes: bigint): boolean {
    const { geometry, headerBytes, fileBytes } = this.#options;
    return offsetBytes % BigInt(geometry.clusterBytes) === 0n &&
      offsetBytes >= BigInt(headerBytes) && offsetBytes < BigInt(fileBytes);
  }

  /** The rule that an entry for this many clusters breaks; empty if it breaks none. */
  #problemOf(offsetBytes: bigint, clusterCount: number): string {
    const { geometry, headerBytes, fileBytes } = this.#options;
    const cluster = BigInt(geometry.clusterBytes);
    const wholeBytes = BigInt(Math.floor(fileBytes / geometry.clusterBytes)) * cluster;
    if (offsetBytes % cluster !== 0n) return "  !! not at the start of a cluster";
    if (offsetBytes < BigInt(headerBytes)) return "  !! inside the header";
    const isInside = offsetBytes + BigInt(clusterCount) * cluster <= wholeBytes;
    return isInside ? "" : "  !! reaches past the end of the file";
  }
}
