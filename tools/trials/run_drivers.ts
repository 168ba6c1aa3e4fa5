import type { Preset } from "../../harness/advanced.ts";
import { type Interrupts, TempDir } from "../kit/temp_dir.ts";
import type { DriverFormat } from "./formats.ts";
import { QemuToolError } from "./qemu_tool_error.ts";
import { recordDriver } from "./record.ts";
import { type TrialResult, tryDriver } from "./trial.ts";
import { type DriverWorkload, workloadsFor } from "./workloads.ts";

/** The formats and workloads to try. */
export interface DriversOptions {
  readonly formats: readonly DriverFormat[];
  readonly preset: Preset;
  readonly processes: number;
  /** The streams whose signals remove the images. */
  readonly interrupts?: Interrupts;
  /** Called with the title of the work under way. */
  readonly onProgress?: (text: string) => void;
  /** Called with the crash of a tool that did not come again over the same image. */
  readonly onSporadicCrash?: (message: string) => void;
}

/** A format that this QEMU can't create or use, and what it says. */
export interface Refused {
  readonly format: string;
  readonly reason: string;
}

/** The results of all trials. */
export interface DriversResult {
  readonly trials: readonly TrialResult[];
  readonly refused: readonly Refused[];
}

/**
 * Try each format with each workload. A format that this QEMU refuses is noted; the other formats are tried all the same.
 * Throws FullError if memory runs out.
 */
export async function runDrivers(options: DriversOptions): Promise<DriversResult> {
  const trials: TrialResult[] = [];
  const refused: Refused[] = [];
  for (const format of options.formats) {
    try {
      for (const workload of workloadsFor(format)) {
        trials.push(await runOne(format, workload, options));
      }
    } catch (error) {
      if (!(error instanceof QemuToolError)) throw error;
      refused.push({ format: format.name, reason: error.message });
    }
  }
  return { trials, refused };
}

/** A folder in memory for images. */
export function imagesFolder(interrupts?: Interrupts): TempDir {
  return new TempDir({
    prefix: "powercut_images_",
    inMemory: true,
    ...(interrupts && { io: interrupts }),
  });
}

async function runOne(
  format: DriverFormat,
  workload: DriverWorkload,
  { preset, processes, onProgress, onSporadicCrash, interrupts }: DriversOptions,
): Promise<TrialResult> {
  using folder = imagesFolder(interrupts);
  onProgress?.(`${format.name}, ${workload.name}: recording`);
  const recording = await recordDriver(format, workload, folder.path);
  return await tryDriver(recording, {
    ...{ preset, processes, folder: folder.path },
    ...(onSporadicCrash && { onSporadicCrash }),
    onProgress: (done, total) =>
      onProgress?.(`${format.name}, ${workload.name}: image ${done} of ${total}`),
  });
}
