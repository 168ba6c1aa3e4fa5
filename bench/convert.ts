import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { textTable } from "../harness/mod.ts";
import { FileStorage } from "../lib/mod.ts";
import { median } from "./measure.ts";
import { costOf, costOfTool, hasQemuImg } from "./process.ts";

/** The name the measurement is asked for by. */
export const name = "convert";

const MIB = 2 ** 20;
const DISK_BYTES = 1024 * MIB;
const RUN_BYTES = 65_536;
const MOST_RUNS = 16;
const ROUNDS = 7;
/** A file system in memory, if there is one with room: then it is not the disk that is measured. */
const MEMORY_DIR = "/dev/shm";
const NEEDED_BYTES = 4 * DISK_BYTES;

/**
 * Throughput of converting 1 GiB, half of it zeroes, from raw to QED and back: whole processes,
 * ours and `qemu-img convert`, in turn. Ours makes the target durable, `qemu-img` does not.
 */
export async function run(): Promise<void> {
  const inMemory = hasRoom(MEMORY_DIR);
  const dir = Deno.makeTempDirSync({
    prefix: "powercut_bench_",
    ...(inMemory && { dir: MEMORY_DIR }),
  });
  console.log(`in ${inMemory ? "memory" : "the folder for temporary files, on a disk"}`);
  try {
    makeDisk(`${dir}/disk.raw`);
    await measure(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/** Seconds to QED and back. */
interface Times {
  readonly there: number;
  readonly back: number;
}

async function measure(dir: string): Promise<void> {
  const isCompared = hasQemuImg();
  const ours: Times[] = [];
  const theirs: Times[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await thereAndBack(dir, costOfTool));
    assertSame(`${dir}/disk.raw`, `${dir}/back.raw`);
    if (isCompared) theirs.push(await thereAndBack(dir, (args) => costOf("qemu-img", args)));
    console.error(`convert: round ${round + 1} of ${ROUNDS}`);
  }
  const peers = isCompared ? theirs : ours;
  const cells = (part: (times: Times) => number, times: readonly Times[]) => {
    const seconds = median(times.map(part));
    const ratio = median(peers.map(part)) / seconds;
    return [`${(DISK_BYTES / MIB / seconds).toFixed(0)} MiB/s`, ratio.toFixed(2)];
  };
  const row = (what: string, times: readonly Times[]) => [
    what,
    ...cells(({ there }) => there, times),
    ...cells(({ back }) => back, times),
    ((median(peers.map(({ there, back }) => there + back))) /
      median(times.map(({ there, back }) => there + back))).toFixed(2),
  ];
  const header = ["1 GiB, half zeroes", "raw to qed", "ratio", "qed to raw", "ratio", "both"];
  const rows = [row("qed convert", ours)];
  if (isCompared) rows.push(row("qemu-img convert", theirs));
  console.log(textTable(header, rows));
  console.log(`medians of ${ROUNDS} alternating runs; a ratio of at least 0.80 is wanted`);
}

async function thereAndBack(
  dir: string,
  convert: (args: readonly string[]) => Promise<{ seconds: number; code: number }>,
): Promise<Times> {
  const [disk, image, back] = [`${dir}/disk.raw`, `${dir}/image.qed`, `${dir}/back.raw`];
  for (const path of [image, back]) fs.rmSync(path, { force: true });
  const there = await convert(["convert", "-f", "raw", "-O", "qed", disk, image]);
  const home = await convert(["convert", "-f", "qed", "-O", "raw", image, back]);
  if (there.code !== 0 || home.code !== 0) throw new Error("convert: a conversion failed");
  return { there: there.seconds, back: home.seconds };
}

/** Runs of 64 KiB to 1 MiB, in turn data and zeroes; the zeroes are written out. */
function makeDisk(path: string): void {
  using file = FileStorage.open(path, "create");
  const data = new Uint8Array(MOST_RUNS * RUN_BYTES);
  let state = 20100906;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let i = 0; i < data.length; i++) data[i] = next();
  const zeroes = new Uint8Array(data.length);
  for (let offsetBytes = 0, isData = true; offsetBytes < DISK_BYTES; isData = !isData) {
    const runBytes = (1 + next() % MOST_RUNS) * RUN_BYTES;
    const length = Math.min(runBytes, DISK_BYTES - offsetBytes);
    const bytes = (isData ? data : zeroes).subarray(0, length);
    file.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "disk" });
    offsetBytes += length;
  }
}

function assertSame(path: string, otherPath: string): void {
  using file = FileStorage.open(path, "read-only");
  using other = FileStorage.open(otherPath, "read-only");
  const [a, b] = [new Uint8Array(MIB), new Uint8Array(MIB)];
  for (let offsetBytes = 0; offsetBytes < DISK_BYTES; offsetBytes += MIB) {
    file.perform({ kind: "read", file: 0, offsetBytes, into: a, label: "compare" });
    other.perform({ kind: "read", file: 0, offsetBytes, into: b, label: "compare" });
    if (Buffer.compare(a, b) !== 0) throw new Error(`convert: differs near ${offsetBytes}`);
  }
}

function hasRoom(dir: string): boolean {
  try {
    const { bavail, bsize } = fs.statfsSync(dir);
    return bavail * bsize > NEEDED_BYTES;
  } catch {
    return false;
  }
}
