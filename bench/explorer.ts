import { existsSync } from "@std/fs";
import {
  CrashPoint,
  type Exploration,
  exploreLazily,
  RecordedChoices,
  SECTORS,
  type WriteLog,
} from "../harness/advanced.ts";
import { STRICT } from "../lib/mod.ts";
import { qedTarget } from "../scenarios/qed/qed_target.ts";
import { record } from "../scenarios/qed/record.ts";
import { FLUSH, type Workload, write } from "../scenarios/qed/workload.ts";
import { CLUSTER, DISK, manyBehaviours, PER_TABLE, TABLE_CLUSTERS } from "./many_behaviours.ts";
import { cpuSecondsOf, median, secondsOf, thousands } from "./measure.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

export const name = "explorer";

/** States for the peers; enough that starting one process does not count. */
const PEER_STATES = 2000;
/** Of these, as many are enough where each costs a process. */
const SPAWNED_STATES = 200;

/** Twenty allocating writes of 4 KiB over three L2 tables, one flush in the middle. */
const TWENTY_WRITES: Workload = {
  clusterBytes: CLUSTER,
  tableClusters: TABLE_CLUSTERS,
  imageBytes: DISK,
  steps: Array.from({ length: 21 }, (_, i) => {
    if (i === 10) return FLUSH;
    return write((i % 3) * PER_TABLE + i * CLUSTER, CLUSTER);
  }),
};

/**
 * Recoveries a second, with the real driver's open, repair and check of every state, beside two
 * peers that recover the same kind of state with QEMU's own tools: a process for each state, and
 * one process that gets commands to open and close.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const log = record(manyBehaviours({ writes: 12 }), { profile: STRICT });
  const states = someStates(log, PEER_STATES);
  const rounds = isQuick ? 3 : 7;
  const ours: number[] = [];
  const perCore: number[] = [];
  const spawned: number[] = [];
  const persistent: number[] = [];
  const twenty: number[] = [];
  let last = exploreEach(log);
  let large = explore(record(TWENTY_WRITES, { profile: STRICT }));
  for (let round = 0; round < rounds; round++) {
    let seconds = 0;
    const cpuSeconds = await cpuSecondsOf(async () => {
      seconds = await secondsOf(() => last = exploreEach(log));
    });
    ours.push(last.recoveries / seconds);
    perCore.push(last.recoveries / cpuSeconds);
    twenty.push(
      await secondsOf(() => large = explore(record(TWENTY_WRITES, { profile: STRICT }))),
    );
    if (states.hasQemu) {
      spawned.push(SPAWNED_STATES / await secondsOf(() => states.checkEach()));
      persistent.push(PEER_STATES / await secondsOf(() => states.openEach()));
    }
    printRound(name, round, rounds);
  }
  states.remove();
  const rate = median(ours);
  const peers = states.hasQemu
    ? [
      ["one qemu-io process, open + close", median(persistent)],
      ["a qemu-img check process for each state", median(spawned)],
    ] as const
    : [];
  return {
    tables: [[
      ["recovers with", "states a second", "ratio"],
      ["lazy engine, open + repair + check, every promise", thousands(rate), "1"],
      ...peers.map(([what, peerRate]) => {
        return [what, thousands(peerRate), `1/${(rate / peerRate).toFixed(0)}`];
      }),
    ]],
    notes: [
      `${last.recoveries} recoveries, one for each behaviour, cover 2^${last.states.log2} states`,
      `${thousands(median(perCore))} recoveries for each second of processor time`,
      `twenty allocating writes: 2^${large.states.log2} states in ${median(twenty).toFixed(2)} s ` +
      `(${large.recoveries} recoveries, ${large.coverage}, ${large.verdict})`,
      ...(states.hasQemu ? [] : ["qemu-img is missing: no peers measured"]),
    ],
    figures: {
      statesPerSecond: rate,
      statesPerProcessorSecond: median(perCore),
      twentyWritesSeconds: median(twenty),
      ...Object.fromEntries(
        peers.map(([what, peerRate]) => [`${what}: states a second`, peerRate]),
      ),
    },
  };
}

/** Every behaviour by itself: what is measured is how fast one is run, not how few are enough. */
function exploreEach(log: WriteLog): Exploration {
  return explore(log, false);
}

function explore(log: WriteLog, independent = true): Exploration {
  const postRecoveryWrites = [40 * CLUSTER, 5 * PER_TABLE].map((offsetBytes) => ({
    offsetBytes,
    lengthBytes: 512,
  }));
  const target = qedTarget({ profile: STRICT, clusterBytes: CLUSTER, postRecoveryWrites });
  return exploreLazily(log, target, SECTORS, { guestBytes: DISK, independent });
}

/** Images as a crash at the end of the log may leave them, on a file system in memory. */
function someStates(log: WriteLog, count: number) {
  const folder = Deno.makeTempDirSync(
    existsSync("/dev/shm", { isDirectory: true }) ? { dir: "/dev/shm" } : {},
  );
  const point = new CrashPoint(log, SECTORS, log.events.length - 1);
  const images = Array.from({ length: count }, (_, i) => {
    // Any spread of states will do, as long as it is the same every time.
    const sequence = point.units.map((unit, u) => (i * 7 + u * (i + 3)) % unit.versions.length);
    const file = point.build(new RecordedChoices([...sequence, i % point.sizes.length]));
    const bytes = new Uint8Array(file.sizeBytes);
    file.read(0, bytes);
    return { path: `${folder}/${i}.qed`, bytes };
  });
  return {
    hasQemu: hasQemu(),
    checkEach() {
      for (const { path, bytes } of images.slice(0, SPAWNED_STATES)) {
        Deno.writeFileSync(path, bytes);
        new Deno.Command("qemu-img", { args: ["check", "-f", "qed", path], ...NO_OUTPUT })
          .outputSync();
      }
    },
    async openEach() {
      const child = new Deno.Command("qemu-io", { stdin: "piped", ...NO_OUTPUT }).spawn();
      const writer = child.stdin.getWriter();
      for (const { path, bytes } of images) {
        Deno.writeFileSync(path, bytes);
        await writer.write(new TextEncoder().encode(`open -o driver=qed ${path}\nclose\n`));
      }
      await writer.close();
      await child.status;
    },
    remove: () => Deno.removeSync(folder, { recursive: true }),
  };
}

const NO_OUTPUT = { stdout: "null", stderr: "null" } as const;

function hasQemu(): boolean {
  try {
    return new Deno.Command("qemu-img", { args: ["--version"], ...NO_OUTPUT }).outputSync().success;
  } catch {
    return false;
  }
}
