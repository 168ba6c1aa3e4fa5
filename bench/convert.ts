import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { FileStorage } from "../lib/mod.ts";
import { type BenchFolder, benchFolder, diskFolder } from "./folder.ts";
import { median } from "./measure.ts";
import { seededNumbers } from "./numbers.ts";
import { costOf, costOfTool, hasQemuImg, type ProcessCost } from "./process.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

/** The name the measurement is asked for by. */
export const name = "convert";

const MIB = 2 ** 20;
const RUN_BYTES = 65_536;
const MAX_RUNS = 16;

/** A program that converts: takes what `qemu-img convert` takes. */
interface Converter {
  readonly what: string;
  readonly run: (args: readonly string[]) => Promise<ProcessCost>;
}

/** The target need not be on its disk when the program ends; or it must. */
const CACHES = { unsafe: ["-t", "unsafe"], durable: ["-t", "writeback"] } as const;
const OURS: Converter = {
  what: "qed convert",
  run: (args) => costOfTool(["convert", ...args]),
};
const THEIRS: Converter = {
  what: "qemu-img convert",
  run: (args) => costOf("qemu-img", ["convert", ...args]),
};

/**
 * Throughput of converting a disk, half of it zeroes, from raw to QED and back: whole processes,
 * ours and `qemu-img convert`, in turn. In memory, where it is the program that is measured, each
 * as it is without options (ours makes the target durable, `qemu-img` does not); and on a disk
 * both with the target durable and without, for what that costs.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const programs = hasQemuImg() ? [OURS, THEIRS] : [OURS];
  const plain = programs.map(({ what, run }) => ({ what, run, options: [] }));
  const cached = (["unsafe", "durable"] as const).flatMap((cache) =>
    programs.map(({ what, run }) => ({
      what: `${what}, ${cache}`,
      run,
      options: CACHES[cache],
    }))
  );
  const memoryBytes = (isQuick ? 1024 : 4096) * MIB;
  const diskBytes = (isQuick ? 256 : 1024) * MIB;
  using memory = benchFolder(3 * memoryBytes);
  using disk = diskFolder();
  const inMemory = await measure(memory, memoryBytes, { variants: plain, rounds: isQuick ? 3 : 9 });
  const onDisk = await measure(disk, diskBytes, { variants: cached, rounds: isQuick ? 3 : 7 });
  return {
    tables: [
      throughputTable(memory, memoryBytes, inMemory),
      throughputTable(disk, diskBytes, onDisk),
    ],
    notes: [
      "medians of alternating runs of whole processes; half of the disk is zeroes",
      "ratio: our throughput to that of qemu-img called alike; at least 1.00 is wanted in memory",
    ],
    figures: { ...figuresOf("memory", inMemory), ...figuresOf("disk", onDisk) },
  };
}

/** A program and how it is called. */
interface Variant {
  readonly what: string;
  readonly run: Converter["run"];
  readonly options: readonly string[];
}

/** What one variant took, in seconds: medians. */
interface Times {
  readonly what: string;
  readonly there: number;
  readonly back: number;
}

async function measure(
  { path }: BenchFolder,
  diskBytes: number,
  { variants, rounds }: { readonly variants: readonly Variant[]; readonly rounds: number },
): Promise<Times[]> {
  const [disk, image, back] = [`${path}/disk.raw`, `${path}/image.qed`, `${path}/back.raw`];
  makeDisk(disk, diskBytes);
  const times = variants.map(({ what }) => ({
    what,
    there: [] as number[],
    back: [] as number[],
  }));
  // The first round is for the system, which has the memory and the file system to warm up.
  for (let round = -1; round < rounds; round++) {
    for (const [i, { run, options }] of variants.entries()) {
      // Each run gets the memory that the run before it has just given back.
      const convert = async (args: readonly string[], target: string) => {
        fs.rmSync(target, { force: true });
        const { seconds, code } = await run([...args, ...options]);
        if (code !== 0) throw new Error(`convert: ${variants[i].what} failed`);
        return seconds;
      };
      const there = await convert(["-f", "raw", "-O", "qed", disk, image], image);
      const home = await convert(["-f", "qed", "-O", "raw", image, back], back);
      if (round < 0) {
        assertSame(disk, back, diskBytes);
      } else {
        times[i].there.push(there);
        times[i].back.push(home);
      }
    }
    if (round >= 0) printRound(name, round, rounds);
  }
  return times.map(({ what, there, back }) => ({
    what,
    there: median(there),
    back: median(back),
  }));
}

function throughputTable({ place }: BenchFolder, diskBytes: number, times: readonly Times[]) {
  const rate = (seconds: number) => `${(diskBytes / MIB / seconds).toFixed(0)} MiB/s`;
  const rows = times.map((each) => {
    const peer = peerOf(each, times);
    const ratio = (part: (of: Times) => number) => peer ? (part(peer) / part(each)).toFixed(2) : "";
    return [
      each.what,
      rate(each.there),
      ratio(({ there }) => there),
      rate(each.back),
      ratio(({ back }) => back),
      ratio(({ there, back }) => there + back),
    ];
  });
  const what = `${diskBytes / MIB} MiB, in ${place === "memory" ? "memory" : "temporary files"}`;
  return [[what, "raw to qed", "ratio", "qed to raw", "ratio", "both"], ...rows];
}

/** What a variant of ours is compared with. */
function peerOf({ what }: Times, times: readonly Times[]): Times | undefined {
  if (!what.startsWith(OURS.what)) return undefined;
  return times.find((other) => other.what === what.replace(OURS.what, THEIRS.what));
}

function figuresOf(place: string, times: readonly Times[]): Record<string, number> {
  return Object.fromEntries(times.flatMap((each) => {
    const key = `${place}, ${each.what}`;
    const peer = peerOf(each, times);
    return [
      [`${key}: raw to qed, seconds`, each.there],
      [`${key}: qed to raw, seconds`, each.back],
      ...(peer
        ? [
          [`${key}: raw to qed, ratio`, peer.there / each.there],
          [`${key}: qed to raw, ratio`, peer.back / each.back],
        ]
        : []),
    ];
  }));
}

/** Runs of 64 KiB to 1 MiB, in turn data and zeroes; the zeroes are written out. */
function makeDisk(path: string, diskBytes: number): void {
  using file = FileStorage.open(path, "create");
  const data = new Uint8Array(MAX_RUNS * RUN_BYTES);
  const next = seededNumbers();
  for (let i = 0; i < data.length; i++) data[i] = next();
  const zeroes = new Uint8Array(data.length);
  for (let offsetBytes = 0, isData = true; offsetBytes < diskBytes; isData = !isData) {
    const runBytes = (1 + next() % MAX_RUNS) * RUN_BYTES;
    const length = Math.min(runBytes, diskBytes - offsetBytes);
    const bytes = (isData ? data : zeroes).subarray(0, length);
    file.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "disk" });
    offsetBytes += length;
  }
  file.perform({ kind: "flush", file: 0, scope: "file", label: "disk" });
}

function assertSame(path: string, otherPath: string, diskBytes: number): void {
  using file = FileStorage.open(path, "read-only");
  using other = FileStorage.open(otherPath, "read-only");
  const [a, b] = [new Uint8Array(MIB), new Uint8Array(MIB)];
  for (let offsetBytes = 0; offsetBytes < diskBytes; offsetBytes += MIB) {
    file.perform({ kind: "read", file: 0, offsetBytes, into: a, label: "compare" });
    other.perform({ kind: "read", file: 0, offsetBytes, into: b, label: "compare" });
    if (Buffer.compare(a, b) !== 0) throw new Error(`convert: differs near ${offsetBytes}`);
  }
}
