/** A crash disk over the last epoch of a log made by hand. */
import { filled, type LogBuilder } from "../testing/log_builder.ts";
import { Contents } from "../model/contents.ts";
import type { Epoch } from "../model/epoch.ts";
import { epochsOf } from "../model/epochs.ts";
import type { Preset } from "../model/presets.ts";
import { type StateSpace, stateSpaceOf } from "../model/state_space.ts";
import type { Choices } from "../choices/choices.ts";
import { CrashDisk } from "./crash_disk.ts";
import { PlannedChoices } from "../choices/planned_choices.ts";
import { DataReads } from "./data_reads.ts";

/** The state space of the last epoch of a log. */
function lastSpace(
  builder: LogBuilder,
  base: Uint8Array,
  preset: Preset,
): { space: StateSpace; contents: Contents } {
  const contents = new Contents();
  let last: Epoch | undefined;
  for (const epoch of epochsOf(builder.log(base), contents)) last = epoch;
  return { space: stateSpaceOf(last!, preset, contents), contents };
}

/** A disk whose state `choices` decide; reads labelled "data" may be watched. */
export function crashDisk(
  builder: LogBuilder,
  base: Uint8Array,
  options: { readonly preset: Preset; readonly choices: Choices },
): { disk: CrashDisk; contents: Contents; reads: DataReads; space: StateSpace } {
  const { space, contents } = lastSpace(builder, base, options.preset);
  const reads = new DataReads(new Set(["data"]));
  const disk = new CrashDisk(space, contents, new PlannedChoices(options.choices), reads);
  disk.begin();
  return { disk, contents, reads, space };
}

/** What a read of `lengthBytes` at `offsetBytes` moves; 99 where it does not reach. */
export function readOf(disk: CrashDisk, offsetBytes: number, lengthBytes: number): Uint8Array {
  const into = filled(99, lengthBytes);
  const moved = disk.perform({ kind: "read", file: 0, offsetBytes, into, label: "table" });
  return into.subarray(0, moved);
}

/** Write `bytes` as the program under test. */
export function writeTo(disk: CrashDisk, offsetBytes: number, bytes: Uint8Array): void {
  disk.perform({ kind: "write", file: 0, offsetBytes, bytes, label: "table" });
}
