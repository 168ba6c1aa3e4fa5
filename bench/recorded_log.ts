import { WRITES } from "../harness/advanced.ts";
import { type Content, crashStatesOf } from "../tools/trials/crash_states.ts";
import { FORMATS } from "../tools/trials/formats.ts";
import { qemuVersion } from "../tools/trials/qemu_img.ts";
import { QemuToolError } from "../tools/trials/qemu_tool_error.ts";
import { readRecording } from "../tools/trials/read_recording.ts";
import type { Recording } from "../tools/trials/record.ts";
import { writeImage } from "../tools/trials/sparse_image.ts";
import { tryDriver } from "../tools/trials/trial.ts";
import { benchFolder } from "./folder.ts";
import { HexDumpReader } from "./hex_dump_reader.ts";
import { median, secondsOf } from "./measure.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

/** The name the measurement is asked for by. */
export const name = "recorded-log";

const FOLDER_BYTES = 2 ** 28;
const DISK_SIZE = "64M";
const WRITES_RECORDED = 9;
/** How many images are checked at a time. */
const PROCESSES = 3;

/**
 * How long `crash log` takes for a vdi session of nine writes, each flushed: a block of vdi is 1 MiB, so there is
 * 9 MiB of data in the disk. The peer reads the same ranges of some of the same images as a hex
 * dump.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  try {
    await qemuVersion();
  } catch (error) {
    if (!(error instanceof QemuToolError)) throw error;
    return { tables: [], notes: [`not measured: ${error.message}`], figures: {} };
  }
  using folder = benchFolder(FOLDER_BYTES);
  const recording = await record(folder.path);
  const { contents } = crashStatesOf(recording.log, WRITES, recording.base);
  const [rounds, sampled] = isQuick ? [1, 2 * PROCESSES] : [3, 6 * PROCESSES];
  const sample = contents.filter((_, i) => i % Math.floor(contents.length / sampled) === 0);
  const [ours, peer, whole]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    let firstSeconds = 0;
    const seconds = await secondsOf(async () => {
      const start = performance.now();
      await tryDriver(recording, {
        ...{ preset: WRITES, folder: folder.path, processes: PROCESSES },
        onProgress(done) {
          if (done === 1) firstSeconds = (performance.now() - start) / 1000;
        },
      });
    });
    whole.push(seconds);
    ours.push((contents.length - 1) / (seconds - firstSeconds));
    peer.push(sample.length / await secondsOf(() => readByDump(recording, sample, folder.path)));
    printRound(name, round, rounds);
  }
  const ratio = median(ours.map((rate, i) => rate / peer[i]));
  return {
    tables: [[
      ["vdi, nine writes", "images", "images a second", "hex dump", "ratio"],
      [
        `${recording.plan.regions.length} ranges read`,
        `${contents.length}`,
        median(ours).toFixed(1),
        median(peer).toFixed(2),
        ratio.toFixed(1),
      ],
    ]],
    notes: [
      `in ${folder.place}; medians of ${rounds} rounds, ${PROCESSES} images at a time; the hex dump reads ` +
      `${sample.length} of the images`,
      `all of it, with the states computed: ${median(whole).toFixed(1)} s`,
    ],
    figures: { ratio, imagesPerSecond: median(ours), wholeSeconds: median(whole) },
  };
}

/** Record a session as the README shows. */
async function record(folder: string): Promise<Recording> {
  const format = FORMATS.find(({ name }) => name === "vdi")!;
  const [disk, basePath, logPath] = ["disk.vdi", "before.vdi", "session.log"].map((file) =>
    `${folder}/${file}`
  );
  runTool("qemu-img", ["create", "-q", "-f", "vdi", disk, DISK_SIZE]);
  Deno.copyFileSync(disk, basePath);
  Deno.writeFileSync(logPath, new Uint8Array());
  const writes = Array.from({ length: WRITES_RECORDED }, (_, i) => i + 1);
  runTool("qemu-io", [
    ...["-t", "writeback"],
    ...writes.flatMap((i) => ["-c", `write -q -P ${i} ${i}M 4k`, "-c", "flush"]),
    "--image-opts",
    `driver=vdi,file.driver=blklogwrites,file.file.driver=file,file.file.filename=${disk},` +
    `file.log.driver=file,file.log.filename=${logPath}`,
  ]);
  return await readRecording(format, { logPath, basePath, folder });
}

function runTool(tool: string, args: string[]): void {
  const { success } = new Deno.Command(tool, { args, stdin: "null", stdout: "null" }).outputSync();
  if (!success) throw new Error(`Cannot run '${tool} ${args.join(" ")}'`);
}

/** Read the same images as hex dumps, as many at a time. */
async function readByDump(
  recording: Recording,
  contents: readonly Content[],
  folder: string,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: PROCESSES }, async (_, number) => {
    const path = `${folder}/dumped-${number}.img`;
    using reader = new HexDumpReader(recording, path);
    while (next < contents.length) {
      writeImage(path, contents[next++].image, recording.base);
      if (await reader.read() === 0) throw new Error(`${name}: the dump is empty`);
    }
  }));
}
