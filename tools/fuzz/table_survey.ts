/**
 * What the tables of an image say, read from the specification's words alone: the oracle that
 * check and repair are held against. It shares no code with them, and looks at bytes only.
 *
 * @module
 */
import { PAGE_BYTES, type SparseFile } from "../../lib/storage/sparse_file.ts";

/** The places and sizes that the tables are read with. */
export interface Frame {
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table. */
  readonly tableClusters: number;
  /** The first byte after the header. */
  readonly headerBytes: number;
  /** The end of the file, down to a whole cluster. */
  readonly endBytes: number;
  /** Where the L1 table is. */
  readonly l1Bytes: number;
  /** Whether an L2 entry of 1 means zeroes: in the final layout. */
  readonly hasZeroClusters: boolean;
}

/** Where the L1 table is named: 40 in the final layout, 32 in that of the RFC. */
const L1_FIELD = { final: 40, rfc: 32 };

/** The frame of an image whose header is valid. */
export function frameOf(file: SparseFile, layout: "final" | "rfc"): Frame {
  const header = new DataView(file.read(0, 64).buffer);
  const clusterBytes = header.getUint32(4, true);
  return {
    clusterBytes,
    tableClusters: header.getUint32(8, true),
    headerBytes: header.getUint32(12, true) * clusterBytes,
    endBytes: Math.floor(file.sizeBytes / clusterBytes) * clusterBytes,
    l1Bytes: Number(header.getBigUint64(L1_FIELD[layout], true)),
    hasZeroClusters: layout === "final",
  };
}

/** The result of a survey. */
export interface Survey {
  /** Entries that are invalid, and clusters that an entry refers to after another one did. */
  readonly corruptions: number;
  /** Clusters after the header that nothing refers to. */
  readonly leaks: number;
  /** Where each guest cluster is that has a place, or "zero", by its index. */
  readonly kept: ReadonlyMap<number, number | "zero">;
  /** Guest clusters whose entry is wrong or came too late. */
  readonly lost: readonly number[];
  /** The number of L2 tables that were read, and of entries that are not zero. */
  readonly tables: number;
  readonly entries: number;
}

/**
 * Read the tables. Where a cluster is referred to more than once the first reference counts:
 * `as-met` takes L2 tables and their data in turn, as a check does; `tables-first` takes all L2
 * tables before any data, as repair does. The L1 table comes first in both.
 */
export function surveyTables(
  file: SparseFile,
  frame: Frame,
  order: "as-met" | "tables-first",
): Survey {
  const survey = new Surveyor(file, frame);
  const tables = usedEntries(file, frame.l1Bytes, tableBytesOf(frame));
  survey.mark(frame.l1Bytes, frame.tableClusters);
  if (order === "as-met") {
    for (const { index, value } of tables) {
      if (survey.takeTable(value, true)) survey.readTable(index, Number(value));
    }
  } else {
    const good = tables.filter(({ value }) => survey.takeTable(value, false));
    for (const { index, value } of good) survey.readTable(index, Number(value));
  }
  return survey.finish(tables.length);
}

class Surveyor {
  readonly #file: SparseFile;
  readonly #frame: Frame;
  readonly #used = new Set<number>();
  readonly #kept = new Map<number, number | "zero">();
  readonly #lost: number[] = [];
  #corruptions = 0;
  #tables = 0;
  #entries = 0;

  constructor(file: SparseFile, frame: Frame) {
    this.#file = file;
    this.#frame = frame;
  }

  /** Mark clusters; answers how many were marked already. */
  mark(offsetBytes: number, clusters: number): number {
    const before = this.#used.size;
    const first = offsetBytes / this.#frame.clusterBytes;
    for (let i = 0; i < clusters; i++) this.#used.add(first + i);
    return clusters - (this.#used.size - before);
  }

  /** Whether an L1 entry counts; `marksAnyway` if its clusters are marked even where it does not. */
  takeTable(value: bigint, marksAnyway: boolean): boolean {
    const { tableClusters, clusterBytes } = this.#frame;
    if (!this.#isPlace(value, tableClusters)) {
      this.#corruptions++;
      return false;
    }
    const first = Number(value) / clusterBytes;
    let shared = 0;
    for (let i = 0; i < tableClusters; i++) if (this.#used.has(first + i)) shared++;
    if (marksAnyway || shared === 0) this.mark(Number(value), tableClusters);
    this.#corruptions += marksAnyway ? shared : Math.min(shared, 1);
    return shared === 0;
  }

  readTable(l1Index: number, offsetBytes: number): void {
    const perTable = tableBytesOf(this.#frame) / 8;
    this.#tables++;
    for (const { index, value } of usedEntries(this.#file, offsetBytes, perTable * 8)) {
      this.#entries++;
      const cluster = l1Index * perTable + index;
      if (value === 1n && this.#frame.hasZeroClusters) this.#kept.set(cluster, "zero");
      else if (!this.#isPlace(value, 1) || this.mark(Number(value), 1) > 0) {
        this.#corruptions++;
        this.#lost.push(cluster);
      } else this.#kept.set(cluster, Number(value));
    }
  }

  finish(l1Entries: number): Survey {
    const { clusterBytes, headerBytes, endBytes } = this.#frame;
    const afterHeader = (endBytes - headerBytes) / clusterBytes;
    return {
      corruptions: this.#corruptions,
      leaks: Math.max(0, afterHeader - this.#used.size),
      kept: this.#kept,
      lost: this.#lost,
      tables: this.#tables,
      entries: this.#entries + l1Entries,
    };
  }

  #isPlace(value: bigint, clusters: number): boolean {
    const { clusterBytes, headerBytes, endBytes } = this.#frame;
    return value % BigInt(clusterBytes) === 0n && value >= BigInt(headerBytes) &&
      value + BigInt(clusters * clusterBytes) <= BigInt(endBytes);
  }
}

function tableBytesOf(frame: Frame): number {
  return frame.clusterBytes * frame.tableClusters;
}

/** The entries of a table that are not zero. Pages that were never written are passed over. */
export function usedEntries(
  file: SparseFile,
  offsetBytes: number,
  tableBytes: number,
): { readonly index: number; readonly value: bigint }[] {
  const used: { index: number; value: bigint }[] = [];
  for (let page = 0; page < tableBytes; page += PAGE_BYTES) {
    if (!file.page(offsetBytes + page)) continue;
    const entries = new BigUint64Array(file.read(offsetBytes + page, PAGE_BYTES).buffer);
    entries.forEach((value, i) => {
      if (value !== 0n) used.push({ index: page / 8 + i, value });
    });
  }
  return used;
}
