import { WRITES } from "../harness/advanced.ts";
import { crashStatesOf } from "../tools/trials/crash_states.ts";
import { probeCommand } from "../tools/trials/examine.ts";
import { FORMATS } from "../tools/trials/formats.ts";
import { qemuVersion } from "../tools/trials/qemu_img.ts";
import { QemuToolError } from "../tools/trials/qemu_tool_error.ts";
import { recordDriver, type Recording } from "../tools/trials/record.ts";
import { runDrivers } from "../tools/trials/run_drivers.ts";
import { writeImage } from "../tools/trials/sparse_image.ts";
import { tryDriver } from "../tools/trials/trial.ts";
import { WORKLOADS } from "../tools/trials/workloads.ts";
import { benchFolder } from "./folder.ts";
import { median, secondsOf } from "./measure.ts";
import { type BenchOptions, printRound, type Report } from "./report.ts";

export const name = "drivers";

const MEASURED = ["qcow2", "qed", "vmdk"];
const FOLDER_BYTES = 2 ** 28;
const PROCESSES = 3;

/**
 * How many images QEMU's own tools check a second, several at a time, with everything read over NBD. The
 * peer runs QEMU's tools for each image one after the other: open and read, check, write elsewhere and read
 * again; it does not look at what was read. And how long the whole scorecard takes.
 */
export async function run({ isQuick }: BenchOptions): Promise<Report> {
  try {
    await qemuVersion();
  } catch (error) {
    if (!(error instanceof QemuToolError)) throw error;
    return { tables: [], notes: [`not measured: ${error.message}`], figures: {} };
  }
  using folder = benchFolder(FOLDER_BYTES);
  const rounds = isQuick ? 2 : 5;
  const rows: string[][] = [];
  const ratios: number[] = [];
  for (const format of FORMATS.filter(({ name }) => MEASURED.includes(name))) {
    const recording = await recordDriver(format, WORKLOADS[0], folder.path);
    const [ours, naive]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      ours.push(await ourRate(recording, folder.path));
      naive.push(await naiveRate(recording, folder.path));
      printRound(`${name}: ${format.name}`, round, rounds);
    }
    const ratio = median(ours) / median(naive);
    ratios.push(ratio);
    rows.push([
      format.name,
      ...[ours, naive].map((each) => median(each).toFixed(0)),
      ratio.toFixed(1),
    ]);
  }
  const total = await secondsOf(() =>
    runDrivers({ formats: FORMATS, preset: WRITES, processes: PROCESSES })
  );
  return {
    tables: [[["format", "images a second", "one by one", "ratio"], ...rows]],
    notes: [`the whole scorecard, ${FORMATS.length} formats and variants: ${total.toFixed(1)} s`],
    figures: { "median ratio": median(ratios), scorecardSeconds: total },
  };
}

/** Images a second, from the first image to the last. */
async function ourRate(recording: Recording, folder: string): Promise<number> {
  let [first, last, images] = [0, 0, 0];
  await tryDriver(recording, {
    ...{ preset: WRITES, folder, processes: PROCESSES },
    onProgress(done) {
      last = performance.now();
      if (done === 1) first = last;
      images = done;
    },
  });
  return (images - 1) / (last - first) * 1000;
}

/** Images a second with one process after the other. */
async function naiveRate({ format, plan, log, base }: Recording, folder: string): Promise<number> {
  const { contents } = crashStatesOf(log, WRITES, base);
  const path = `${folder}/naive.img`;
  const options = [`driver=${format.driver}`, `file.driver=file,file.filename=${path}`].join(",");
  const reads = plan.regions.flatMap(({ offsetBytes, lengthBytes }) => [
    "-c",
    `read -q ${offsetBytes} ${lengthBytes}`,
  ]);
  const probes = plan.probes.flatMap((probe) => ["-c", probeCommand(probe)]);
  const seconds = await secondsOf(() => {
    for (const { image } of contents) {
      writeImage(path, image, base);
      runTool("qemu-io", ["--image-opts", ...reads, options]);
      runTool("qemu-img", ["check", "-f", format.driver, path]);
      runTool("qemu-io", ["--image-opts", ...probes, "-c", "flush", ...reads, options]);
    }
  });
  return contents.length / seconds;
}

function runTool(tool: string, args: string[]): void {
  new Deno.Command(tool, { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync();
}
