import { type Preset, WRITES } from "../../harness/advanced.ts";
import { findingName, writeFinding } from "../trials/finding_folder.ts";
import { FORMATS, LEFT_OUT } from "../trials/formats.ts";
import { QemuToolError } from "../trials/qemu_tool_error.ts";
import { qemuVersion } from "../trials/qemu_img.ts";
import { type DriversResult, imagesFolder, runDrivers } from "../trials/run_drivers.ts";
import { findingsOf, scorecardNotes, scorecardText, trialJson } from "../trials/scorecard.ts";
import { readRecording } from "../trials/read_recording.ts";
import { type TrialResult, tryDriver } from "../trials/trial.ts";
import { printJson } from "../kit/json.ts";
import { driversReport } from "./report/drivers_report.ts";
import { contextOf, writeReport } from "./report/write_report.ts";
import { lookUp, lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { UsageError } from "../kit/usage_error.ts";
import { EXIT } from "../kit/exit_codes.ts";
import type { OutputOptions } from "./options.ts";
import type { Io } from "../kit/io.ts";

/** Options of `drivers`. */
export interface DriversCommandOptions extends OutputOptions {
  /** The formats to test; none for all. */
  readonly formats: readonly string[];
  readonly preset: string | undefined;
  /** The number of images that are checked at a time. */
  readonly processes: number;
}

/** Test QEMU's drivers and print a scorecard. Returns the exit code. */
export async function driversCommand(
  options: DriversCommandOptions,
  io: Io,
): Promise<number> {
  const formats = options.formats.length === 0
    ? FORMATS
    : options.formats.map((name) => lookUp("format", name, byName(FORMATS)));
  const preset = presetOf(options.preset);
  const version = await qemuVersion();
  const result = await runDrivers({
    ...{ formats, preset, processes: options.processes },
    interrupts: io,
    onProgress: (text) => io.showStatus(text),
    onSporadicCrash: (message) => io.printError(sporadicCrash(message)),
  });
  if (result.trials.length === 0) {
    throw new QemuToolError(result.refused.map(({ reason }) => reason).join("; "));
  }
  const code = await printAndSave(result, version, options, io);
  if (!options.json) {
    for (const { name, reason } of LEFT_OUT) io.printLine(`not tested: ${name}: ${reason}`);
  }
  return code;
}

/** Options of `log` for formats that only QEMU's tools can check. */
export interface DriverLogOptions extends OutputOptions {
  readonly log: string;
  readonly base: string;
  readonly format: string;
  readonly preset: string | undefined;
  readonly processes: number;
}

/** Check the states of a recorded log with QEMU's tools. Returns the exit code. */
export async function driverLogCommand(
  { log, base, ...options }: DriverLogOptions,
  io: Io,
): Promise<number> {
  const format = lookUp("format", options.format, byName(FORMATS));
  const preset = presetOf(options.preset);
  const version = await qemuVersion();
  using folder = imagesFolder(io);
  const paths = { logPath: log, basePath: base, folder: folder.path };
  const recording = await readRecording(format, paths);
  const trial = await tryDriver(recording, {
    ...{ preset, folder: folder.path, processes: options.processes },
    onProgress: (done, total) => io.showStatus(`image ${done} of ${total}`),
    onSporadicCrash: (message) => io.printError(sporadicCrash(message)),
  });
  return await printAndSave({ trials: [trial], refused: [] }, version, options, io);
}

function presetOf(name: string | undefined): Preset {
  const preset = name === undefined ? WRITES : lookUpPreset(name);
  if (preset.tears || preset.corruptionBytes > 0 || !preset.flushesAreHonest) {
    throw new UsageError(`--preset ${preset.name}: no image format promises to survive that`);
  }
  return preset;
}

/** Print a result and save what was found. Returns the exit code. */
async function printAndSave(
  result: DriversResult,
  version: string,
  options: Pick<DriversCommandOptions, "json" | "saveTo" | "report">,
  io: Io,
): Promise<number> {
  const folders = saveFindings(result.trials, version, options);
  const { report } = options;
  if (report) {
    io.showStatus("writing the report");
    const context = contextOf(report, [["QEMU", version]]);
    writeReport(report.path, await driversReport(result, { ...context, scripts: folders }));
  }
  if (options.json) {
    printJson(io, resultJson(result, version));
  } else printResult(result, version, folders, io);
  const isClean = result.trials.every((trial) => findingsOf(trial).length === 0);
  return isClean ? EXIT.OK : EXIT.FINDING;
}

function byName<T extends { readonly name: string }>(
  all: readonly T[],
): Readonly<Record<string, T>> {
  return Object.fromEntries(all.map((each) => [each.name, each]));
}

/** For each finding the script that shows it. */
function saveFindings(
  trials: readonly TrialResult[],
  version: string,
  { saveTo }: Pick<DriversCommandOptions, "saveTo">,
): ReadonlyMap<string, string> {
  if (saveTo === undefined) return new Map();
  return new Map(trials.flatMap((trial) =>
    findingsOf(trial).map((found) => {
      const { name, script } = writeFinding(saveTo, trial, found, version);
      return [name, script] as const;
    })
  ));
}

function printResult(
  { trials, refused }: DriversResult,
  version: string,
  folders: ReadonlyMap<string, string>,
  io: Io,
): void {
  const found = trials.flatMap((trial) => findingsOf(trial).map((each) => ({ trial, each })));
  for (const { trial, each } of found) {
    const { format, workload } = trial.recording;
    io.printLine(`${format.name}, ${workload}: ${each.kind}`);
    io.printLine(`  ${each.smallest.violation.detail}`);
    const script = folders.get(findingName(trial, each));
    if (script !== undefined) {
      io.printLine(`  script that shows it without this program: sh ${script}`);
    }
    io.printLine("");
  }
  const presets = new Set(trials.map(({ preset }) => preset.name));
  io.printLine(`QEMU ${version}, preset ${[...presets].join(", ")}\n`);
  io.printLine(scorecardText(trials));
  io.printLine("");
  for (const { format, reason } of refused) io.printLine(`not tested: ${format}: ${reason}`);
  for (const note of scorecardNotes(trials)) io.printLine(note);
}

function resultJson({ trials, refused }: DriversResult, version: string): unknown {
  return { qemu: version, trials: trials.map(trialJson), refused, leftOut: LEFT_OUT };
}

/** A crash of a tool that is not held against the image. */
function sporadicCrash(message: string): string {
  return `crash: ${message}, but not again over the same image; not reported`;
}
