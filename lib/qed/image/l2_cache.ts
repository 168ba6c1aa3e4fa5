import type { Table } from "../format/table.ts";

/** Default number of tables in the cache: at default sizes each one maps 2 GiB. */
export const DEFAULT_L2_CACHE_TABLES = 50;
/** Maximum memory for the tables, in bytes; one table is always kept. */
const MAX_CACHED_BYTES = 256 * 2 ** 20;

/** The most recently used L2 tables by their offset in the file. Write-through: never dirty. */
export class L2Cache {
  readonly #capacityTables: number;
  readonly #tables = new Map<number, Table>();
  /** The most recently used one. */
  #newest: Table | undefined;
  /** A table that cannot be evicted, because the file does not have its changes yet. */
  pinned: Table | undefined;

  /** A cache for `capacityTables` tables of `tableBytes` each. */
  constructor(capacityTables: number, tableBytes: number) {
    const fitting = Math.floor(MAX_CACHED_BYTES / tableBytes);
    this.#capacityTables = Math.max(1, Math.min(capacityTables, fitting));
  }

  /** The table at `offsetBytes`, if it is cached. */
  get(offsetBytes: number): Table | undefined {
    if (this.pinned?.offsetBytes === offsetBytes) return this.pinned;
    const table = this.#tables.get(offsetBytes);
    if (table && table !== this.#newest) {
      // A Map keeps the order of insertion, so the most recently used table is the last one.
      this.#tables.delete(offsetBytes);
      this.#tables.set(offsetBytes, table);
      this.#newest = table;
    }
    return table;
  }

  /** The table at `offsetBytes`, if it is cached, without marking it as used. */
  peek(offsetBytes: number): Table | undefined {
    return this.#tables.get(offsetBytes);
  }

  /** Add `table`, which may evict the least recently used one. */
  put(table: Table): void {
    this.#tables.delete(table.offsetBytes);
    if (this.#tables.size >= this.#capacityTables) {
      const oldest = this.#tables.keys().next().value;
      if (oldest !== undefined) this.#tables.delete(oldest);
    }
    this.#tables.set(table.offsetBytes, table);
    this.#newest = table;
  }

  /** Remove the table at `offsetBytes`, which is no longer in the file. */
  forget(offsetBytes: number): void {
    this.#tables.delete(offsetBytes);
  }

  /** Remove every table. */
  clear(): void {
    this.#tables.clear();
  }
}
