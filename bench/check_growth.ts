import { checkImage, FileStorage, openImage, runSync, type SyncStorage } from "../lib/mod.ts";
import { benchFolder } from "./folder.ts";
import { makeMappedImage, TABLES_PER_TIB } from "./mapped_image.ts";
import { median, thousands } from "./measure.ts";
import { costOf, costOfTool, hasQemuImg, type ProcessCost } from "./process.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

/** The name the measurement is asked for by. */
export const name = "check-growth";

const MIB = 2 ** 20;
const SIZES_TIB = [1, 4, 16, 64];
const QUICK_SIZES_TIB = [1, 4];
/** Entries that fill a page: the rest of each table is a hole. */
const MAPPED_PER_TABLE = 512;
const NEEDED_BYTES = 1024 * MIB;

/** What a check of one size took. */
interface Growth {
  readonly sizeTiB: number;
  readonly reads: number;
  readonly readBytes: number;
  readonly ours: ProcessCost;
  readonly theirs: ProcessCost | undefined;
}

/**
 * How the check grows with the image, up to the 64 TiB and 32768 L2 tables that default sizes allow
 * (claim 17: a check takes five minutes at 32K L2 tables, or is fast enough). The images are
 * sparse; all tables have to be read all the same.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  const isCompared = hasQemuImg();
  const growth: Growth[] = [];
  for (const sizeTiB of isQuick ? QUICK_SIZES_TIB : SIZES_TIB) {
    using folder = benchFolder(NEEDED_BYTES);
    const path = `${folder.path}/sparse.qed`;
    makeMappedImage(path, { tables: sizeTiB * TABLES_PER_TIB, mappedPerTable: MAPPED_PER_TABLE });
    const rounds = sizeTiB > 4 ? 3 : 5;
    const ours: ProcessCost[] = [];
    const theirs: ProcessCost[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await costOfTool(["check", path]));
      if (isCompared) theirs.push(await costOf("qemu-img", ["check", "-f", "qed", path]));
      printRound(`${name}, ${sizeTiB} TiB`, round, rounds);
    }
    growth.push({
      sizeTiB,
      ...countReads(path),
      ours: medianCost(ours),
      theirs: isCompared ? medianCost(theirs) : undefined,
    });
  }
  return report(growth);
}

function report(growth: readonly Growth[]): Report {
  const rows = growth.map(({ sizeTiB, reads, readBytes, ours, theirs }) => [
    `${sizeTiB} TiB`,
    thousands(reads),
    `${(readBytes / MIB).toFixed(0)} MiB`,
    ours.seconds.toFixed(2),
    ...(theirs
      ? [theirs.seconds.toFixed(2), (ours.seconds / theirs.seconds).toFixed(2)]
      : ["", ""]),
    `${(ours.maxMemoryBytes / MIB).toFixed(0)} MiB`,
    theirs ? `${(theirs.maxMemoryBytes / MIB).toFixed(0)} MiB` : "",
  ]);
  const figures = growth.flatMap(({ sizeTiB, reads, readBytes, ours, theirs }) => [
    [`${sizeTiB}TiBReads`, reads],
    [`${sizeTiB}TiBReadBytes`, readBytes],
    [`${sizeTiB}TiBSeconds`, ours.seconds],
    [`${sizeTiB}TiBMemoryBytes`, ours.maxMemoryBytes],
    ...(theirs
      ? [
        [`${sizeTiB}TiBQemuImgSeconds`, theirs.seconds],
        [`${sizeTiB}TiBQemuImgMemoryBytes`, theirs.maxMemoryBytes],
        [`${sizeTiB}TiBTimeRatio`, ours.seconds / theirs.seconds],
      ]
      : []),
  ]);
  return {
    tables: [[
      ["image", "reads", "read", "seconds", "qemu-img", "ratio", "memory", "qemu-img"],
      ...rows,
    ]],
    notes: [
      `each L2 table maps ${MAPPED_PER_TABLE} clusters of its 32768, all over the file`,
      "medians of alternating runs of whole processes; at most 1.00 is wanted",
    ],
    figures: Object.fromEntries(figures),
  };
}

/** The requests of one check; they are the same each time. */
function countReads(path: string): { reads: number; readBytes: number } {
  using file = FileStorage.open(path, "read-only");
  let reads = 0;
  let readBytes = 0;
  const counting: SyncStorage = {
    perform(request) {
      if (request.kind === "read") {
        reads++;
        readBytes += request.into.length;
      }
      return file.perform(request);
    },
  };
  const image = runSync(openImage(), [counting]);
  const { corruptions, leaks } = runSync(checkImage(image), [counting]);
  if (corruptions + leaks > 0) throw new Error("check: the image is not clean");
  return { reads, readBytes };
}

function medianCost(costs: readonly ProcessCost[]): ProcessCost {
  return {
    seconds: median(costs.map(({ seconds }) => seconds)),
    cpuSeconds: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
    maxMemoryBytes: Math.max(...costs.map(({ maxMemoryBytes }) => maxMemoryBytes)),
    code: Math.max(...costs.map(({ code }) => code)),
  };
}
