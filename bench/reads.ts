import {
  AsyncDriver,
  createImage,
  FileStorage,
  openImage,
  type Operation,
  type QedImage,
  readImage,
  runSync,
} from "../lib/mod.ts";
import { diskFolder } from "./folder.ts";
import { median } from "./measure.ts";
import { seededNumbers } from "./numbers.ts";
import { hasQemuImg } from "./process.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

/** The name the measurement is asked for by. */
export const name = "reads";

const MIB = 2 ** 20;
const CLUSTER_BYTES = 4096;
const TABLE_CLUSTERS = 2;
const TABLE_BYTES = TABLE_CLUSTERS * CLUSTER_BYTES;
const ENTRIES = TABLE_BYTES / 8;
/** What one L2 table maps. Small, so that an image of many tables is not large. */
const COVERED_BYTES = ENTRIES * CLUSTER_BYTES;
/** The cache holds 50 tables, QEMU's as well as ours. */
const CACHED_TABLES = 40;
const MANY_TABLES = 1000;
const IN_FLIGHT = [1, 16];

/** Which reads, on a disk of how many L2 tables. */
interface Case {
  readonly what: string;
  readonly tables: number;
  readonly readBytes: number;
  /** How far each read is from the one before it, modulo the disk; undefined for anywhere. */
  readonly stepBytes?: number;
  /** Whether each round opens the image again and reads once through each table. */
  readonly isCold?: true;
}

/** From table to table, never to the same place soon. */
const SCATTERED = COVERED_BYTES + 37 * CLUSTER_BYTES;
const CASES: readonly Case[] = [
  { what: "64 KiB, sequential", tables: CACHED_TABLES, readBytes: 65_536, stepBytes: 65_536 },
  { what: "4 KiB, random, tables cached", tables: CACHED_TABLES, readBytes: 4096 },
  {
    what: "4 KiB, from table to table, cached",
    tables: CACHED_TABLES,
    readBytes: 4096,
    stepBytes: SCATTERED,
  },
  {
    what: "the same, each table for the first time",
    tables: CACHED_TABLES,
    readBytes: 4096,
    stepBytes: SCATTERED,
    isCold: true,
  },
  { what: "4 KiB, random, 20 times the cache", tables: MANY_TABLES, readBytes: 4096 },
  {
    what: "4 KiB, from table to table, 20 times the cache",
    tables: MANY_TABLES,
    readBytes: 4096,
    stepBytes: SCATTERED,
  },
];

/**
 * Reads through the library with the L2 tables in the cache and not, also of an image 20 times as
 * large as what the cache covers, beside the same reads of a raw file through the same driver and,
 * where it can make them, `qemu-img bench` of the same image.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  using folder = diskFolder();
  const reads = isQuick ? 4000 : 16_000;
  const rounds = isQuick ? 3 : 9;
  const isCompared = hasQemuImg();
  const rows: string[][] = [];
  const figures: Record<string, number> = {};
  for (const [i, each] of CASES.entries()) {
    using disks = new Disks(folder.path, each.tables);
    for (const inFlight of IN_FLIGHT) {
      const times = await measure(disks, each, { reads, rounds, inFlight, isCompared });
      rows.push(row(each, inFlight, times));
      for (const [key, value] of Object.entries(times)) {
        figures[`${each.what}, ${inFlight} in flight: ${key}, microseconds`] = value;
      }
    }
    printRound(name, i, CASES.length);
  }
  return {
    tables: [[
      ["reads", "in flight", "raw, each", "qed, each", "share", "qemu-img bench", "ratio"],
      ...rows,
    ]],
    notes: [
      `an L2 table maps ${COVERED_BYTES / MIB} MiB here, the cache 50 times as much`,
      `medians of ${rounds} rounds; share: throughput of the image to that of the raw file; ` +
      "ratio: to that of qemu-img",
    ],
    figures,
  };
}

/** Microseconds for each read: medians. */
interface Times {
  readonly raw: number;
  readonly qed: number;
  readonly qemuImg?: number;
}

function row({ what }: Case, inFlight: number, { raw, qed, qemuImg }: Times): string[] {
  const us = (time: number | undefined) => time === undefined ? "" : `${time.toFixed(1)} us`;
  const ratio = qemuImg === undefined ? "" : (qemuImg / qed).toFixed(2);
  return [what, `${inFlight}`, us(raw), us(qed), (raw / qed).toFixed(2), us(qemuImg), ratio];
}

async function measure(
  disks: Disks,
  each: Case,
  options: {
    readonly reads: number;
    readonly rounds: number;
    readonly inFlight: number;
    readonly isCompared: boolean;
  },
): Promise<Times> {
  const { rounds, inFlight, isCompared } = options;
  const { tables, readBytes, stepBytes, isCold } = each;
  const reads = isCold ? tables : options.reads;
  const diskBytes = tables * COVERED_BYTES;
  const next = seededNumbers();
  const offsets = Array.from({ length: reads }, (_, i) => {
    if (stepBytes !== undefined) return i * stepBytes % diskBytes;
    return next() % (diskBytes / CLUSTER_BYTES) * CLUSTER_BYTES;
  });
  const pass = { offsets, readBytes, inFlight };
  const times = { raw: [] as number[], qed: [] as number[], qemuImg: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    if (isCold) disks.reopen();
    const qed = await microseconds(disks.driver, disks.readQed, pass);
    const raw = await microseconds(disks.driver, disks.readRaw, pass);
    // The first round is for the compiler and the cache.
    if (round < 0) continue;
    times.qed.push(qed);
    times.raw.push(raw);
    if (isCompared && !isCold && stepBytes !== undefined) {
      times.qemuImg.push(await qemuImgBench(disks.path, { reads, readBytes, stepBytes, inFlight }));
    }
  }
  const hasPeer = times.qemuImg.length > 0;
  return {
    raw: median(times.raw),
    qed: median(times.qed),
    ...(hasPeer && { qemuImg: median(times.qemuImg) }),
  };
}

async function microseconds(
  driver: AsyncDriver,
  read: (offsetBytes: number, into: Uint8Array) => Operation<unknown>,
  { offsets, readBytes, inFlight }: {
    readonly offsets: readonly number[];
    readonly readBytes: number;
    readonly inFlight: number;
  },
): Promise<number> {
  const start = performance.now();
  let next = 0;
  const readSome = async () => {
    const into = new Uint8Array(readBytes);
    while (next < offsets.length) await driver.run(read(offsets[next++], into));
  };
  await Promise.all(Array.from({ length: inFlight }, readSome));
  return (performance.now() - start) * 1000 / offsets.length;
}

/** The time for each read that `qemu-img bench` reports. */
async function qemuImgBench(
  path: string,
  { reads, readBytes, stepBytes, inFlight }: {
    readonly reads: number;
    readonly readBytes: number;
    readonly stepBytes: number;
    readonly inFlight: number;
  },
): Promise<number> {
  const options = { "-c": reads, "-d": inFlight, "-s": readBytes, "-S": stepBytes };
  const numbers = Object.entries(options).flatMap(([option, value]) => [option, `${value}`]);
  const args = ["bench", "-f", "qed", "-t", "writeback", ...numbers, path];
  const { stdout } = await new Deno.Command("qemu-img", { args, stdin: "null" }).output();
  const seconds = /completed in ([\d.]+) seconds/.exec(new TextDecoder().decode(stdout));
  if (!seconds) throw new Error("reads: qemu-img bench does not report its time");
  return Number(seconds[1]) * 1e6 / reads;
}

/** An image whose clusters are all mapped, in order, and a raw file of the same size: all holes. */
class Disks implements Disposable {
  /** The image's path. */
  readonly path: string;
  /** Runs reads of both. */
  readonly driver: AsyncDriver;
  readonly #files: readonly [FileStorage, FileStorage];
  #image: QedImage;

  constructor(folder: string, tables: number) {
    this.path = `${folder}/disk.qed`;
    this.#files = [
      FileStorage.open(this.path, "create"),
      FileStorage.open(`${folder}/disk.raw`, "create"),
    ];
    const [file, raw] = this.#files;
    const imageBytes = tables * COVERED_BYTES;
    raw.perform({ kind: "resize", file: 0, sizeBytes: imageBytes, label: "hole" });
    const shape = { clusterBytes: CLUSTER_BYTES, tableClusters: TABLE_CLUSTERS };
    runSync(createImage({ imageBytes, ...shape }), [file]);
    writeTables(file, tables);
    this.driver = new AsyncDriver(this.#files);
    this.#image = runSync(openImage(), [file]);
  }

  /** Open the image again: no table is in the cache. */
  reopen(): void {
    this.#image = runSync(openImage(), this.#files);
  }

  readonly readQed = (offsetBytes: number, into: Uint8Array): Operation<void> =>
    readImage(this.#image, offsetBytes, into);

  *readRaw(offsetBytes: number, into: Uint8Array): Operation<void> {
    yield { kind: "read", file: 1, offsetBytes, into, label: "data" };
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file.close();
  }
}

function writeTables(file: FileStorage, tables: number): void {
  const write = (offsetBytes: number, entryAt: (index: number) => number, count: number) => {
    const entries = BigUint64Array.from({ length: count }, (_, i) => BigInt(entryAt(i)));
    const bytes = new Uint8Array(entries.buffer);
    file.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "table" });
  };
  const firstTable = CLUSTER_BYTES + TABLE_BYTES;
  const firstData = firstTable + tables * TABLE_BYTES;
  const tableAt = (table: number) => firstTable + table * TABLE_BYTES;
  write(CLUSTER_BYTES, tableAt, tables);
  for (let table = 0; table < tables; table++) {
    write(tableAt(table), (i) => firstData + (table * ENTRIES + i) * CLUSTER_BYTES, ENTRIES);
  }
  const sizeBytes = firstData + tables * COVERED_BYTES;
  file.perform({ kind: "resize", file: 0, sizeBytes, label: "hole" });
}
