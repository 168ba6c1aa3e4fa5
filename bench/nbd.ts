import {
  closeImage,
  createImage,
  FileStorage,
  openImage,
  type Operation,
  runSync,
  writeImage,
} from "../lib/mod.ts";
import { benchFolder } from "./folder.ts";
import { median, thousands } from "./measure.ts";
import { seededNumbers } from "./numbers.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

/** The name the measurement is asked for by. */
export const name = "nbd";

const MIB = 2 ** 20;
const DISK_BYTES = 256 * MIB;

/** What fio does. */
interface Workload {
  readonly what: string;
  readonly options: readonly string[];
  /** The share of qemu-nbd's throughput that is wanted. */
  readonly wanted: number;
}

const random = (what: string, rw: string, depth: number, ...more: string[]): Workload => ({
  what: `${what}, 4 KiB, ${depth} in flight`,
  options: [`--rw=${rw}`, "--bs=4k", `--iodepth=${depth}`, ...more],
  wanted: 0.5,
});
const sequential = (what: string, rw: string, depth: number): Workload => ({
  what: `${what}, 1 MiB, ${depth} in flight`,
  options: [`--rw=${rw}`, "--bs=1M", `--iodepth=${depth}`],
  wanted: 0.8,
});

const WORKLOADS: readonly Workload[] = [
  random("random reads", "randread", 1),
  random("random reads", "randread", 16),
  random("random writes", "randwrite", 1),
  random("random writes", "randwrite", 16),
  random("random writes, a flush after each 16", "randwrite", 16, "--fsync=16"),
  sequential("sequential reads", "read", 1),
  sequential("sequential reads", "read", 16),
  sequential("sequential writes", "write", 1),
  sequential("sequential writes", "write", 16),
];

/** A program that serves a file at a socket until a signal stops it. */
interface Peer {
  readonly name: "ours" | "qemu-nbd" | "nbdkit";
  readonly program: string;
  args(files: Files, socket: string): string[];
}

/** What is served. */
interface Files {
  readonly qed: string;
  readonly raw: string;
}

const MAIN = new URL("../tools/powercut.ts", import.meta.url).pathname;
const OURS: Peer = {
  name: "ours",
  program: Deno.execPath(),
  args: ({ qed }, socket) => ["run", "-A", "--frozen", MAIN, "qed", "nbd", "-q", "-k", socket, qed],
};
const QEMU_NBD: Peer = {
  name: "qemu-nbd",
  program: "qemu-nbd",
  args: ({ qed }, socket) => ["-f", "qed", "-t", "--cache=writeback", "-k", socket, qed],
};
const NBDKIT: Peer = {
  name: "nbdkit",
  program: "nbdkit",
  args: ({ raw }, socket) => ["-f", "-U", socket, "file", raw],
};

/**
 * The NBD server beside `qemu-nbd`, serving the same QED image in turns, and nbdkit's file plugin,
 * which serves a raw file of the same size; fio is the client. Everything is in memory where there is
 * room, so that it is servers that are measured.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  if (!isThere("fio")) {
    const note = "skipped: fio is not in PATH (Debian: fio)";
    return { tables: [], notes: [note], figures: {} };
  }
  const peers = [OURS, ...[QEMU_NBD, NBDKIT].filter(({ program }) => isThere(program))];
  const rounds = isQuick ? 3 : 7;
  const seconds = isQuick ? 1 : 2;
  using folder = benchFolder(3 * DISK_BYTES);
  const files = makeFiles(folder.path);
  const times = WORKLOADS.map(() => new Map(peers.map((peer) => [peer.name, [] as number[]])));
  for (let round = 0; round < rounds; round++) {
    // The first run finds another state of the machine than the last.
    for (const peer of round % 2 === 0 ? peers : peers.toReversed()) {
      await using server = await RunningServer.start(peer, files, folder.path);
      for (const [i, { options }] of WORKLOADS.entries()) {
        const rate = await requestsPerSecond(server.uri, options, seconds, folder.path);
        times[i].get(peer.name)?.push(rate);
      }
    }
    printRound(name, round, rounds);
  }
  const outcomes = WORKLOADS.map((workload, i) => outcomeOf(workload, times[i]));
  return {
    tables: [[
      ["requests a second", "ours", "qemu-nbd", "nbdkit (raw)", "ratio", "wanted"],
      ...outcomes.map(row),
    ]],
    notes: [
      `in ${folder.place}; medians of ${rounds} rounds of ${seconds} s; ratio: ours to qemu-nbd, ` +
      "median of the rounds",
    ],
    figures: Object.fromEntries(outcomes.flatMap(figuresOf)),
  };
}

/** Medians for one workload. */
interface Outcome {
  readonly workload: Workload;
  readonly rates: ReadonlyMap<string, number>;
  readonly ratio: number | undefined;
}

function outcomeOf(workload: Workload, times: ReadonlyMap<string, readonly number[]>): Outcome {
  const theirs = times.get("qemu-nbd");
  const ratios = theirs && times.get("ours")?.map((rate, round) => rate / theirs[round]);
  return {
    workload,
    rates: new Map([...times].map(([peer, rates]) => [peer, median(rates)])),
    ratio: ratios && median(ratios),
  };
}

function row({ workload, rates, ratio }: Outcome): string[] {
  const rate = (peer: string) => thousands(rates.get(peer) ?? NaN).replace("NaN", "");
  return [
    workload.what,
    ...["ours", "qemu-nbd", "nbdkit"].map(rate),
    ratio?.toFixed(2) ?? "",
    workload.wanted.toFixed(1),
  ];
}

function figuresOf({ workload, rates, ratio }: Outcome): [string, number][] {
  const { what } = workload;
  return [
    ...[...rates].map(([peer, rate]): [string, number] => [`${what}: ${peer}, a second`, rate]),
    ...(ratio === undefined ? [] : [[`${what}: ratio`, ratio] as [string, number]]),
  ];
}

/** Whether a program is there; says so if it is not. */
function isThere(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return true;
  } catch {
    console.error(`nbd: SKIPPED what needs ${program}: it is not in PATH`);
    return false;
  }
}

/** An image whose clusters are all allocated, and a raw file, both full of data. */
function makeFiles(folder: string): Files {
  const files = { qed: `${folder}/disk.qed`, raw: `${folder}/disk.raw` };
  using qed = FileStorage.open(files.qed, "create");
  using raw = FileStorage.open(files.raw, "create");
  runSync(createImage({ imageBytes: DISK_BYTES }), [qed]);
  const image = runSync(openImage({ writable: true }), [qed]);
  const next = seededNumbers();
  const bytes = new Uint8Array(Uint32Array.from({ length: MIB / 4 }, next).buffer);
  for (let at = 0; at < DISK_BYTES; at += MIB) {
    runSync(writeImage(image, at, bytes), [qed]);
    runSync(writeRaw(at, bytes), [raw]);
  }
  runSync(closeImage(image), [qed]);
  return files;
}

function* writeRaw(offsetBytes: number, bytes: Uint8Array): Operation<void> {
  yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
}

/** How long a server may take to be there, in milliseconds. */
const START_MS = 10_000;

/** A server that clients can connect to; disposing of it stops it. */
class RunningServer implements AsyncDisposable {
  /** What clients connect to. */
  readonly uri: string;
  readonly #child: Deno.ChildProcess;

  private constructor(uri: string, child: Deno.ChildProcess) {
    this.uri = uri;
    this.#child = child;
  }

  /** Start a server, and wait until it is there. */
  static async start(peer: Peer, files: Files, folder: string): Promise<RunningServer> {
    const socket = `${folder}/${peer.name}.sock`;
    const child = new Deno.Command(peer.program, {
      args: peer.args(files, socket),
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    const deadline = performance.now() + START_MS;
    while (!await answers(socket)) {
      if (performance.now() > deadline) throw new Error(`nbd: ${peer.name} does not start`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return new RunningServer(`nbd+unix:///?socket=${socket}`, child);
  }

  /** Stop it, and wait until it has let go of its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    const socket = this.uri.slice(this.uri.indexOf("=") + 1);
    await Deno.remove(socket).catch(() => {}); // nbdkit leaves it
  }
}

/** Whether a server greets at a socket. */
async function answers(path: string): Promise<boolean> {
  try {
    using connection = await Deno.connect({ transport: "unix", path });
    return await connection.read(new Uint8Array(18)) === 18;
  } catch {
    return false;
  }
}

async function requestsPerSecond(
  uri: string,
  options: readonly string[],
  seconds: number,
  folder: string,
): Promise<number> {
  const args = [
    ...["--name=bench", "--ioengine=nbd", `--uri=${uri}`, `--aux-path=${folder}`],
    ...[`--size=${DISK_BYTES}`, `--runtime=${seconds}`, "--time_based", "--output-format=json"],
    ...options,
  ];
  const { code, stdout } = await new Deno.Command("fio", { args, stdin: "null" }).output();
  const text = new TextDecoder().decode(stdout);
  if (code !== 0) throw new Error(`nbd: fio fails with exit code ${code}:\n${text}`);
  const [{ read, write }] = JSON.parse(text.slice(text.indexOf("{"))).jobs;
  return read.iops + write.iops;
}
