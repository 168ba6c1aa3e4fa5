import { textTable } from "../harness/mod.ts";
import { createImage, FileStorage, runSync } from "../lib/mod.ts";
import { median } from "./measure.ts";
import { costOf, costOfTool, hasQemuImg, type ProcessCost } from "./process.ts";

/** The name the measurement is asked for by. */
export const name = "check";

const CLUSTER = 65_536;
const TABLE = 4 * CLUSTER;
const ENTRIES = TABLE / 8;
const TABLES = 512;
const ROUNDS = 7;
const MIB = 2 ** 20;

/**
 * Time and memory of checking a sparse image of 1 TiB whose 16.7 million clusters are all mapped,
 * in shuffled order: whole processes, ours and `qemu-img check`, in turn.
 */
export async function run(): Promise<void> {
  const dir = Deno.makeTempDirSync({ prefix: "powercut_bench_" });
  try {
    const path = `${dir}/shuffled.qed`;
    makeShuffledImage(path);
    await measure(path);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

async function measure(path: string): Promise<void> {
  const isCompared = hasQemuImg();
  const ours: ProcessCost[] = [];
  const theirs: ProcessCost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await costOfTool(["check", path]));
    if (isCompared) theirs.push(await costOf("qemu-img", ["check", "-f", "qed", path]));
    console.error(`check: round ${round + 1} of ${ROUNDS}`);
  }
  if (ours.some(({ code }) => code !== 0)) throw new Error("the image is not clean");
  const header = ["check of 1 TiB, 16 777 216 clusters shuffled", "seconds", "ratio", "memory"];
  const base = median((isCompared ? theirs : ours).map(({ seconds }) => seconds));
  const row = (what: string, costs: readonly ProcessCost[]) => {
    const seconds = median(costs.map((cost) => cost.seconds));
    const memory = Math.max(...costs.map((cost) => cost.mostMemoryBytes)) / MIB;
    return [what, seconds.toFixed(2), (seconds / base).toFixed(2), `${memory.toFixed(0)} MiB`];
  };
  const rows = [row("qed check", ours)];
  // Its exit code is 3 here: it counts 256 leaks that are none, see differences-from-qemu.md.
  if (isCompared) rows.push(row("qemu-img check", theirs));
  console.log(textTable(header, rows));
  console.log(`medians of ${ROUNDS} alternating runs; at most 1.5 and 100 MiB are wanted`);
}

/** All tables are written, the data is left a hole. */
function makeShuffledImage(path: string): void {
  const clusters = ENTRIES * TABLES;
  using file = FileStorage.open(path, "create");
  runSync(createImage({ imageBytes: clusters * CLUSTER }), [file]);
  const firstTable = CLUSTER + TABLE;
  const firstData = firstTable + TABLES * TABLE;
  const order = shuffled(clusters);
  const table = new BigUint64Array(ENTRIES);
  const store = (offsetBytes: number) => {
    const bytes = new Uint8Array(table.buffer);
    file.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "table" });
  };
  for (let i = 0; i < TABLES; i++) table[i] = BigInt(firstTable + i * TABLE);
  store(CLUSTER);
  for (let t = 0; t < TABLES; t++) {
    for (let i = 0; i < ENTRIES; i++) {
      table[i] = BigInt(firstData + order[t * ENTRIES + i] * CLUSTER);
    }
    store(firstTable + t * TABLE);
  }
  const sizeBytes = firstData + clusters * CLUSTER;
  file.perform({ kind: "resize", file: 0, sizeBytes, label: "hole" });
}

/** The numbers below `count`, always in the same shuffled order. */
function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 20100906;
  for (let i = count - 1; i > 0; i--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = Math.floor((state >>> 0) / 2 ** 32 * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}
