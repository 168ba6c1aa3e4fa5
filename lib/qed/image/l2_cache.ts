import type { Table } from "../format/table.ts";

/** Tables kept unless another number is asked for: at default sizes each one maps 2 GiB. */
export const DEFAULT_L2_CACHE_TABLES = 50;
/** Large tables: not more than this in all, though always one. */
const MAX_CACHED_BYTES = 256 * 2 ** 20;

/** The most recently used L2 tables by their offset in the file. Write-through: never dirty. */
export class L2Cache {
  readonly #capacityTables: number;
  readonly #tables = new Map<number, Table>();
  /** The most recently used one. */
  #newest: Table | undefined;
  /** A table that is here whatever else is: the file does not hold it as it is yet. */
  pinned: Table | undefined;

  /** A cache for `capacityTables` tables of `tableBytes` each. */
  constructor(capacityTables: number, tableBytes: number) {
    const fitting = Math.floor(MAX_CACHED_BYTES / tableBytes);
    this.#capacityTables = Math.max(1, Math.min(capacityTables, fitting));
  }

  /** The table at `offsetBytes`, if it is here. */
  get(offsetBytes: number): Table | undefined {
    if (this.pinned?.offsetBytes === offsetBytes) return this.pinned;
    const table = this.#tables.get(offsetBytes);
    if (table && table !== this.#newest) {
      // A Map keeps the order of insertion; the last one is the most recently used.
      this.#tables.delete(offsetBytes);
      this.#tables.set(offsetBytes, table);
      this.#newest = table;
    }
    return table;
  }

  /** The table at `offsetBytes`, if it is here; does not count as a use. */
  peek(offsetBytes: number): Table | undefined {
    return this.#tables.get(offsetBytes);
  }

  /** Keep `table`; the least recently used one may have to go. */
  put(table: Table): void {
    this.#tables.delete(table.offsetBytes);
    if (this.#tables.size >= this.#capacityTables) {
      const oldest = this.#tables.keys().next().value;
      if (oldest !== undefined) this.#tables.delete(oldest);
    }
    this.#tables.set(table.offsetBytes, table);
    this.#newest = table;
  }

  /** Forget the table at `offsetBytes`: it is not there any more. */
  forget(offsetBytes: number): void {
    this.#tables.delete(offsetBytes);
  }

  /** Forget every table. */
  clear(): void {
    this.#tables.clear();
  }
}
