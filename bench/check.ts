import { benchFolder } from "./folder.ts";
import { makeMappedImage, TABLES_PER_TIB } from "./mapped_image.ts";
import { median } from "./measure.ts";
import { costOf, costOfTool, hasQemuImg, type ProcessCost } from "./process.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

/** The name the measurement is asked for by. */
export const name = "check";

const MIB = 2 ** 20;
const NEEDED_BYTES = 512 * MIB;

/**
 * Time and memory of checking an image of 1 TiB whose 16.7 million clusters are all mapped, in
 * shuffled order: whole processes, ours and `qemu-img check`, in turn.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  using folder = benchFolder(NEEDED_BYTES);
  const path = `${folder.path}/shuffled.qed`;
  makeMappedImage(path, { tables: TABLES_PER_TIB, mappedPerTable: 32_768 });
  const rounds = isQuick ? 3 : 9;
  const isCompared = hasQemuImg();
  const ours: ProcessCost[] = [];
  const theirs: ProcessCost[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await costOfTool(["check", path]));
    if (isCompared) theirs.push(await costOf("qemu-img", ["check", "-f", "qed", path]));
    printRound(name, round, rounds);
  }
  if (ours.some(({ code }) => code !== 0)) throw new Error("check: the image is not clean");
  return report(ours, theirs);
}

function report(ours: readonly ProcessCost[], theirs: readonly ProcessCost[]): Report {
  const [mine, other] = [summary(ours), theirs.length > 0 ? summary(theirs) : undefined];
  const row = (what: string, { seconds, cpuSeconds, memoryMiB }: Summary) => [
    what,
    seconds.toFixed(2),
    other ? (seconds / other.seconds).toFixed(2) : "",
    cpuSeconds.toFixed(2),
    other ? (cpuSeconds / other.cpuSeconds).toFixed(2) : "",
    `${memoryMiB.toFixed(0)} MiB`,
  ];
  return {
    tables: [[
      [
        "check of 1 TiB, 16 777 216 clusters shuffled",
        "seconds",
        "ratio",
        "of CPU",
        "ratio",
        "memory",
      ],
      row("qed check", mine),
      // Its exit code is 3 here: it counts 256 leaks that are none, see differences-from-qemu.md.
      ...(other ? [row("qemu-img check", other)] : []),
    ]],
    notes: [
      `medians of ${ours.length} alternating runs of whole processes; at most 1.00 is wanted`,
    ],
    figures: {
      seconds: mine.seconds,
      cpuSeconds: mine.cpuSeconds,
      memoryMiB: mine.memoryMiB,
      ...(other && {
        qemuImgSeconds: other.seconds,
        qemuImgCpuSeconds: other.cpuSeconds,
        qemuImgMemoryMiB: other.memoryMiB,
        timeRatio: mine.seconds / other.seconds,
      }),
    },
  };
}

interface Summary {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memoryMiB: number;
}

function summary(costs: readonly ProcessCost[]): Summary {
  return {
    seconds: median(costs.map(({ seconds }) => seconds)),
    cpuSeconds: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
    memoryMiB: Math.max(...costs.map(({ maxMemoryBytes }) => maxMemoryBytes)) / MIB,
  };
}
