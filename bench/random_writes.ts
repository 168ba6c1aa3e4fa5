import {
  AsyncDriver,
  closeImage,
  createImage,
  FileStorage,
  flushImage,
  openImage,
  type Operation,
  passThrough,
  runSync,
  writeImage,
} from "../lib/mod.ts";
import { benchFolder, diskFolder } from "./folder.ts";
import { median } from "./measure.ts";
import { seededNumbers } from "./numbers.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

/** The name the measurement is asked for by. */
export const name = "random-writes";

const MIB = 2 ** 20;
const DISK_BYTES = 512 * MIB;
const WRITE_BYTES = 8192;
/** How many are in flight, and the share of the raw file's throughput that is wanted. */
const WANTED = [[1, 0.96], [8, 0.95], [16, 0.93]] as const;

/**
 * Random writes of 8 KiB to an allocated image, through the library, as a share of the same
 * writes to a raw file through the same driver and storage (Liguori, 10 September 2010 13:14: 0.96,
 * 0.94 and 0.87 of raw at 1, 8 and 16 threads). To a file system on a disk, each run until its
 * writes are on the disk; and in memory, where all that is measured is what each write costs.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const pairs = isQuick ? 5 : 15;
  using disk = diskFolder();
  const durable = await measure(disk.path, { pairs, writes: 4096, isFlushed: true });
  using memory = benchFolder(3 * DISK_BYTES);
  const cached = await measure(memory.path, { pairs, writes: 16_384, isFlushed: false });
  return {
    tables: [table("until on disk", durable), table(`in ${memory.place}`, cached)],
    notes: [
      `share: throughput of the image to that of the raw file, median of ${pairs} pairs of runs`,
    ],
    figures: { ...figuresOf("disk", durable), ...figuresOf("memory", cached) },
  };
}

/** Medians for one number of writes in flight. */
interface Outcome {
  readonly inFlight: number;
  readonly wanted: number;
  readonly rawMicroseconds: number;
  readonly imageMicroseconds: number;
  readonly share: number;
}

function table(what: string, outcomes: readonly Outcome[]): string[][] {
  const rows = outcomes.map((each) => [
    `${each.inFlight} in flight`,
    `${each.rawMicroseconds.toFixed(2)} us`,
    `${each.imageMicroseconds.toFixed(2)} us`,
    each.share.toFixed(3),
    each.wanted.toFixed(2),
  ]);
  return [[`8 KiB, ${what}`, "raw, each", "qed, each", "share", "wanted"], ...rows];
}

function figuresOf(place: string, outcomes: readonly Outcome[]): Record<string, number> {
  return Object.fromEntries(outcomes.flatMap((each) => [
    [`${place}, ${each.inFlight} in flight: raw, microseconds`, each.rawMicroseconds],
    [`${place}, ${each.inFlight} in flight: qed, microseconds`, each.imageMicroseconds],
    [`${place}, ${each.inFlight} in flight: share ratio`, each.share],
  ]));
}

async function measure(
  path: string,
  options: { readonly pairs: number; readonly writes: number; readonly isFlushed: boolean },
): Promise<Outcome[]> {
  const { pairs, writes, isFlushed } = options;
  using raw = new RawDisk(`${path}/disk.raw`);
  using image = new ImageDisk(`${path}/disk.qed`);
  const next = seededNumbers();
  const outcomes: Outcome[] = [];
  for (const [inFlight, wanted] of WANTED) {
    const times: { raw: number; image: number }[] = [];
    // The first pair is for the compiler.
    for (let pair = -1; pair < pairs; pair++) {
      const offsets = Array.from({ length: writes }, () => {
        return next() % (DISK_BYTES / WRITE_BYTES) * WRITE_BYTES;
      });
      const time = (disk: Disk) => secondsOfWrites(disk, { offsets, inFlight, isFlushed });
      const isRawFirst = pair % 2 === 0;
      const first = await time(isRawFirst ? raw : image);
      const second = await time(isRawFirst ? image : raw);
      if (pair < 0) continue;
      times.push(isRawFirst ? { raw: first, image: second } : { raw: second, image: first });
    }
    printRound(`${name}, ${isFlushed ? "disk" : "memory"}`, outcomes.length, WANTED.length);
    outcomes.push({
      inFlight,
      wanted,
      rawMicroseconds: median(times.map((each) => each.raw)) / writes * 1e6,
      imageMicroseconds: median(times.map((each) => each.image)) / writes * 1e6,
      share: median(times.map((each) => each.raw / each.image)),
    });
  }
  return outcomes;
}

async function secondsOfWrites(
  disk: Disk,
  { offsets, inFlight, isFlushed }: {
    readonly offsets: readonly number[];
    readonly inFlight: number;
    readonly isFlushed: boolean;
  },
): Promise<number> {
  const start = performance.now();
  let next = 0;
  const writeSome = async () => {
    while (next < offsets.length) await disk.driver.run(disk.write(offsets[next++]));
  };
  await Promise.all(Array.from({ length: inFlight }, writeSome));
  if (isFlushed) await disk.driver.run(disk.flush());
  return (performance.now() - start) / 1000;
}

/** A disk that is all written once, so that nothing has to be allocated. */
interface Disk {
  readonly driver: AsyncDriver;
  write(offsetBytes: number): Operation<unknown>;
  flush(): Operation<unknown>;
}

const DATA = new Uint8Array(WRITE_BYTES).fill(1);
/** In pieces of a cluster, so that the file system finds both files written in the same way. */
const FILLING = new Uint8Array(65_536).fill(2);

class RawDisk implements Disk, Disposable {
  readonly driver: AsyncDriver;
  readonly #file: FileStorage;

  constructor(path: string) {
    this.#file = FileStorage.open(path, "create");
    this.driver = new AsyncDriver([this.#file]);
    for (let at = 0; at < DISK_BYTES; at += FILLING.length) {
      runSync(this.write(at, FILLING), [this.#file]);
    }
    runSync(this.flush(), [this.#file]);
  }

  *write(offsetBytes: number, bytes: Uint8Array = DATA): Operation<void> {
    yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
  }

  flush(): Operation<number> {
    return passThrough({ kind: "flush", file: 0, scope: "data", label: "guest" });
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

class ImageDisk implements Disk, Disposable {
  readonly driver: AsyncDriver;
  readonly #file: FileStorage;
  readonly #image;

  constructor(path: string) {
    this.#file = FileStorage.open(path, "create");
    this.driver = new AsyncDriver([this.#file]);
    runSync(createImage({ imageBytes: DISK_BYTES }), [this.#file]);
    this.#image = runSync(openImage({ writable: true }), [this.#file]);
    for (let at = 0; at < DISK_BYTES; at += FILLING.length) {
      runSync(writeImage(this.#image, at, FILLING), [this.#file]);
    }
    runSync(this.flush(), [this.#file]);
  }

  write(offsetBytes: number): Operation<void> {
    return writeImage(this.#image, offsetBytes, DATA);
  }

  flush(): Operation<void> {
    return flushImage(this.#image);
  }

  [Symbol.dispose](): void {
    runSync(closeImage(this.#image), [this.#file]);
    this.#file.close();
  }
}
