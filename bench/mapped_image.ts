import { createImage, FileStorage, runSync } from "../lib/mod.ts";
import { shuffled } from "./numbers.ts";

const CLUSTER_BYTES = 65_536;
const TABLE_BYTES = 4 * CLUSTER_BYTES;
const ENTRIES = TABLE_BYTES / 8;

/** How many L2 tables map 1 TiB at default sizes. */
export const TABLES_PER_TIB = 2 ** 40 / (ENTRIES * CLUSTER_BYTES);

/** Of what {@linkcode makeMappedImage} makes an image. */
export interface MappedImage {
  /** How many L2 tables, each for 2 GiB of the guest's disk: from 1 to 32768. */
  readonly tables: number;
  /** How many clusters each of them maps, adjacent on the guest's disk; divides 32768. */
  readonly mappedPerTable: number;
}

/**
 * Make an image of default sizes whose mapped clusters are all over the file, in an order that
 * looks random. Of the tables only what maps something is written; all the rest is a hole.
 */
export function makeMappedImage(path: string, { tables, mappedPerTable }: MappedImage): void {
  using file = FileStorage.open(path, "create");
  runSync(createImage({ imageBytes: tables * ENTRIES * CLUSTER_BYTES }), [file]);
  const firstTable = CLUSTER_BYTES + TABLE_BYTES;
  const firstData = firstTable + tables * TABLE_BYTES;
  const write = (offsetBytes: number, entries: BigUint64Array) => {
    const bytes = new Uint8Array(entries.buffer);
    file.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "table" });
  };
  write(
    CLUSTER_BYTES,
    BigUint64Array.from({ length: tables }, (_, i) => {
      return BigInt(firstTable + i * TABLE_BYTES);
    }),
  );
  const order = shuffled(tables * mappedPerTable);
  const entries = new BigUint64Array(mappedPerTable);
  for (let table = 0; table < tables; table++) {
    for (let i = 0; i < mappedPerTable; i++) {
      entries[i] = BigInt(firstData + order[table * mappedPerTable + i] * CLUSTER_BYTES);
    }
    const skipped = table * mappedPerTable % ENTRIES;
    write(firstTable + table * TABLE_BYTES + skipped * 8, entries);
  }
  const sizeBytes = firstData + order.length * CLUSTER_BYTES;
  file.perform({ kind: "resize", file: 0, sizeBytes, label: "hole" });
}
