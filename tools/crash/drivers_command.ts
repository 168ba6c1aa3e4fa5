import { type Preset, WRITES } from "../../harness/mod.ts";
import { findingName, writeFinding } from "../trials/finding_folder.ts";
import { FORMATS, LEFT_OUT } from "../trials/formats.ts";
import { QemuToolError } from "../trials/qemu_tool_error.ts";
import { qemuVersion } from "../trials/qemu_img.ts";
import { type DriversResult, runDrivers } from "../trials/run_drivers.ts";
import { findingsOf, scorecardNotes, scorecardText, trialJson } from "../trials/scorecard.ts";
import { readRecording } from "../trials/read_recording.ts";
import { type TrialResult, tryDriver } from "../trials/trial.ts";
import { MemoryFolder } from "../trials/workplace.ts";
import { driversReport } from "./report/drivers_report.ts";
import { contextOf, type ReportRequest, writeReport } from "./report/write_report.ts";
import { lookUp, lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { UsageError } from "../kit/usage_error.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";

/** Options of `drivers`. */
export interface DriversCommandOptions {
  /** The formats to try; none for all. */
  readonly formats: readonly string[];
  readonly preset: string | undefined;
  /** How many images are examined at a time. */
  readonly processes: number;
  readonly json: boolean;
  /** The folder for findings; undefined for none. */
  readonly saveTo: string | undefined;
  readonly report: ReportRequest | undefined;
}

/** Put QEMU's drivers on trial and print a scorecard. Answers the exit code. */
export async function driversCommand(
  options: DriversCommandOptions,
  output: Output,
): Promise<number> {
  const formats = options.formats.length === 0
    ? FORMATS
    : options.formats.map((name) => lookUp("format", name, byName(FORMATS)));
  const preset = presetOf(options.preset);
  const version = await qemuVersion();
  const result = await runDrivers({
    ...{ formats, preset, processes: options.processes },
    onProgress: (text) => output.progress(text),
  });
  if (result.trials.length === 0) {
    throw new QemuToolError(result.refused.map(({ reason }) => reason).join("; "));
  }
  const code = await tell(result, version, options, output);
  if (!options.json) {
    for (const { name, reason } of LEFT_OUT) output.print(`not tried: ${name}: ${reason}`);
  }
  return code;
}

/** Options of `log` for formats that only QEMU's tools can judge. */
export interface DriverLogOptions {
  readonly log: string;
  readonly base: string;
  readonly format: string;
  readonly preset: string | undefined;
  readonly processes: number;
  readonly json: boolean;
  readonly saveTo: string | undefined;
  readonly report: ReportRequest | undefined;
}

/** Have QEMU's tools judge a log that somebody recorded. Answers the exit code. */
export async function driverLogCommand(
  { log, base, ...options }: DriverLogOptions,
  output: Output,
): Promise<number> {
  const format = lookUp("format", options.format, byName(FORMATS));
  const preset = presetOf(options.preset);
  const version = await qemuVersion();
  using folder = new MemoryFolder();
  const paths = { logPath: log, basePath: base, folder: folder.path };
  const recording = await readRecording(format, paths);
  const trial = await tryDriver(recording, {
    ...{ preset, folder: folder.path, processes: options.processes },
    onProgress: (done, total) => output.progress(`image ${done} of ${total}`),
  });
  return await tell({ trials: [trial], refused: [] }, version, options, output);
}

function presetOf(name: string | undefined): Preset {
  const preset = name === undefined ? WRITES : lookUpPreset(name);
  if (preset.tears || preset.corruptionBytes > 0 || !preset.flushesAreHonest) {
    throw new UsageError(`--preset ${preset.name}: no image format promises to survive that`);
  }
  return preset;
}

/** Print a result and save what was found. Answers the exit code. */
async function tell(
  result: DriversResult,
  version: string,
  options: Pick<DriversCommandOptions, "json" | "saveTo" | "report">,
  output: Output,
): Promise<number> {
  const folders = saveFindings(result.trials, version, options);
  const { report } = options;
  if (report) {
    output.progress("writing the report");
    const context = contextOf(report, [["QEMU", version]]);
    writeReport(report.path, await driversReport(result, { ...context, scripts: folders }));
  }
  if (options.json) {
    output.print(JSON.stringify(resultJson(result, version), undefined, 2));
  } else printResult(result, version, folders, output);
  const isClean = result.trials.every((trial) => findingsOf(trial).length === 0);
  return isClean ? EXIT.OK : EXIT.VIOLATION;
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
  output: Output,
): void {
  const found = trials.flatMap((trial) => findingsOf(trial).map((each) => ({ trial, each })));
  for (const { trial, each } of found) {
    const { format, workload } = trial.recording;
    output.print(`${format.name}, ${workload}: ${each.kind}`);
    output.print(`  ${each.smallest.violation.detail}`);
    const script = folders.get(findingName(trial, each));
    if (script !== undefined) output.print(`  shown without this program by: sh ${script}`);
    output.print("");
  }
  const presets = new Set(trials.map(({ preset }) => preset.name));
  output.print(`QEMU ${version}, preset ${[...presets].join(", ")}\n`);
  output.print(scorecardText(trials));
  output.print("");
  for (const { format, reason } of refused) output.print(`not tried: ${format}: ${reason}`);
  for (const note of scorecardNotes(trials)) output.print(note);
}

function resultJson({ trials, refused }: DriversResult, version: string): unknown {
  return { qemu: version, trials: trials.map(trialJson), refused, leftOut: LEFT_OUT };
}
