import {
  CrashPoint,
  EventFile,
  type Exploration,
  exploreLazily,
  Recorder,
  SECTORS,
  type WriteLog,
} from "../harness/advanced.ts";
import {
  createImage,
  flushImage,
  MemoryStorage,
  openImage,
  runSync,
  STRICT,
  writeImage,
} from "../lib/mod.ts";
import { Random } from "../lib/storage/random.ts";
import { qedTarget } from "../scenarios/qed/qed_target.ts";
import { benchFolder } from "./folder.ts";
import { secondsOf, thousands } from "./measure.ts";
import type { BenchOptions, Report } from "./report.ts";

export const name = "million";

const SIZES = [62_500, 250_000, 1_000_000];
const QUICK_SIZES = [5_000, 20_000, 80_000];
/** Logs for the peer, whose time grows with their square. */
const PEER_SIZES = [1_000, 4_000];
const CLUSTER_BYTES = 4096;
const DISK_BYTES = 2 ** 20;
const WRITES_PER_FLUSH = 5;
const MAX_MIB = 512;
/** What events take in the file, generously. */
const BYTES_PER_WRITE = 2048;

/** What came of one log. */
interface Result {
  readonly writes: number;
  readonly epochs: number;
  readonly recoveries: number;
  readonly recordSeconds: number;
  readonly exploreSeconds: number;
  readonly peakMib: number;
}

/**
 * Long logs, explored at every flush: each in a process of its own, with the events in a file. The peer
 * builds each crash point from the start of the log. Throws if a million writes take more than 512 MiB.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const results: Result[] = [];
  for (const size of isQuick ? QUICK_SIZES : SIZES) results.push(await inChild(size));
  const peers: number[] = [];
  for (const size of PEER_SIZES) peers.push(await peerSeconds(size));
  const last = results[results.length - 1];
  if (last.peakMib > MAX_MIB) throw new Error(`${last.writes} writes took ${last.peakMib} MiB`);
  const perWrite = ({ writes, exploreSeconds }: Result) => exploreSeconds / writes * 1e6;
  return {
    tables: [
      [
        ["writes", "epochs", "recoveries", "record", "explore", "us a write", "peak MiB"],
        ...results.map((each) => [
          thousands(each.writes),
          thousands(each.epochs),
          thousands(each.recoveries),
          `${each.recordSeconds.toFixed(1)} s`,
          `${each.exploreSeconds.toFixed(1)} s`,
          perWrite(each).toFixed(0),
          each.peakMib.toFixed(0),
        ]),
      ],
      [
        ["peer: writes", "seconds", "us a write"],
        ...PEER_SIZES.map((size, at) => [
          thousands(size),
          peers[at].toFixed(2),
          (peers[at] / size * 1e6).toFixed(0),
        ]),
      ],
    ],
    notes: [
      `guest writes of 512 bytes, all different, a flush every ${WRITES_PER_FLUSH}; two crashes in a row ` +
      "are not asked for",
      "the peer builds the crash point of every flush from the start of the log, and recovers nothing",
    ],
    figures: {
      "time a write, largest to smallest": perWrite(last) / perWrite(results[0]),
      "peak MiB of the largest": last.peakMib,
    },
  };
}

async function inChild(size: number): Promise<Result> {
  console.error(`${name}: ${size} writes`);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", import.meta.filename!, `${size}`],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`${name}: the process for ${size} writes failed (${code})`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** A log of so many guest writes; what is in it is kept in `events`, if given. */
function record(writes: number, events?: EventFile) {
  const base = new MemoryStorage();
  const created = createImage({
    imageBytes: DISK_BYTES,
    clusterBytes: CLUSTER_BYTES,
    tableClusters: 1,
  });
  runSync(created, [base]);
  const recorder = new Recorder({ base: base.toBytes(), ...(events && { events }) });
  const image = recorder.run(openImage({ writable: true, profile: STRICT }));
  const random = new Random("million");
  for (let number = 1; number <= writes; number++) {
    const offsetBytes = random.below(DISK_BYTES / 512) * 512;
    const bytes = new Uint8Array(512).fill(number);
    new DataView(bytes.buffer).setUint32(0, number);
    recorder.guestWrite(offsetBytes, bytes, writeImage(image, offsetBytes, bytes));
    if (number % WRITES_PER_FLUSH === 0) recorder.guestFlush(flushImage(image));
  }
  return recorder.log;
}

function peerSeconds(writes: number): Promise<number> {
  const log = record(writes);
  return secondsOf(() => {
    log.events.forEach((event, at) => {
      if (event.kind === "flush-completed") new CrashPoint(log, SECTORS, at - 1);
    });
  });
}

/** The most memory that this process has had, in MiB. */
function peakMib(): number {
  const [, kib] = /^VmHWM:\s*(\d+)/m.exec(Deno.readTextFileSync("/proc/self/status")) ?? [];
  return Number(kib) / 1024;
}

async function measure(writes: number): Promise<Result> {
  using folder = benchFolder(writes * BYTES_PER_WRITE);
  using events = new EventFile(`${folder.path}/events`);
  let log: WriteLog | undefined;
  const recordSeconds = await secondsOf(() => log = record(writes, events));
  const target = qedTarget({ profile: STRICT, clusterBytes: CLUSTER_BYTES });
  let result: Exploration | undefined;
  const exploreSeconds = await secondsOf(() =>
    result = exploreLazily(log!, target, SECTORS, { guestBytes: DISK_BYTES })
  );
  const { verdict, violations, recoveries, certificate: { epochs } } = result!;
  if (verdict !== "clean") throw new Error(`${name}: ${violations[0].detail}`);
  return { writes, epochs, recoveries, recordSeconds, exploreSeconds, peakMib: peakMib() };
}

if (import.meta.main) console.log(JSON.stringify(await measure(Number(Deno.args[0]))));
