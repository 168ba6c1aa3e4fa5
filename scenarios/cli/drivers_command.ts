import { WRITES } from "../../harness/mod.ts";
import { findingName, writeFinding } from "../drivers/finding_folder.ts";
import { FORMATS } from "../drivers/formats.ts";
import { qemuVersion } from "../drivers/qemu_img.ts";
import { type DriversResult, runDrivers } from "../drivers/run_drivers.ts";
import { findingsOf, scorecardNotes, scorecardText, trialJson } from "../drivers/scorecard.ts";
import type { TrialResult } from "../drivers/trial.ts";
import { lookUp, lookUpPreset } from "../support/look_up.ts";
import { UsageError } from "../support/usage_error.ts";
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
}

/** Put QEMU's drivers on trial and print a scorecard. Answers the exit code. */
export async function driversCommand(
  options: DriversCommandOptions,
  output: Output,
): Promise<number> {
  const formats = options.formats.length === 0
    ? FORMATS
    : options.formats.map((name) => lookUp("format", name, byName(FORMATS)));
  const preset = options.preset === undefined ? WRITES : lookUpPreset(options.preset);
  if (preset.tears || preset.ruinBytes > 0 || !preset.flushesAreHonest) {
    throw new UsageError(`--preset ${preset.name}: no image format promises to survive that`);
  }
  const version = await qemuVersion();
  const result = await runDrivers({
    ...{ formats, preset, processes: options.processes },
    onProgress: (text) => output.progress(text),
  });
  const folders = saveFindings(result.trials, version, options);
  if (options.json) {
    output.print(JSON.stringify(resultJson(result, version), undefined, 2));
  } else printResult(result, version, { preset: preset.name, folders }, output);
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
  { saveTo }: DriversCommandOptions,
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
  { preset, folders }: { preset: string; folders: ReadonlyMap<string, string> },
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
  output.print(`QEMU ${version}, preset ${preset}\n`);
  output.print(scorecardText(trials));
  output.print("");
  for (const { format, reason } of refused) output.print(`not tried: ${format}: ${reason}`);
  for (const note of scorecardNotes(trials)) output.print(note);
}

function resultJson({ trials, refused }: DriversResult, version: string): unknown {
  return { qemu: version, trials: trials.map(trialJson), refused };
}
