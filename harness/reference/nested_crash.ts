/**
 * Crashes of recoveries the plain way: recovery runs on a concrete file and is recorded, and its log
 * has crash points like any other. Shares nothing with how the lazy engine does it.
 *
 * @module
 */
import { filtered, passThrough } from "../../lib/storage/mod.ts";
import { Recorder } from "../log/recorder.ts";
import { storageSource, type WriteLog } from "../log/write_log.ts";
import { PagedStorage } from "../model/paged_storage.ts";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { type Choices, RecordedChoices } from "../choices/choices.ts";
import type { NestedCrash } from "../model/persisted.ts";
import { CrashPoint } from "./crash_point.ts";
import { runTarget } from "../target/run_target.ts";

/** Recover `file`, which is not changed, and record the recovery. Throws what recovery throws. */
export function recordRecovery(file: PagedStorage, target: Target): WriteLog {
  const base = storageSource(file);
  const recorder = new Recorder({ base: new Uint8Array(0) });
  const files = [new PagedStorage(base), ...target.otherFiles];
  target.beforeEachState();
  runTarget(filtered(target.recover(), recorder.filter, passThrough), files);
  return { base, guestBase: storageSource(new PagedStorage(base)), events: recorder.log.events };
}

/** The preset for crashes during recovery: at most the first crash corrupts its neighbours. */
export function nestedPreset(preset: Preset): Preset {
  return preset.corruptionBytes > 0 ? { ...preset, corruptionBytes: 0 } : preset;
}

/** A file that crashes of recoveries left. */
export interface NestedState {
  /** The file. */
  readonly file: PagedStorage;
  /** How much these recoveries had made it grow, in bytes. */
  readonly grownBytes: number;
  /** The crashes, and the writes that reached the disk. */
  readonly nested: readonly NestedCrash[];
}

/** Recover `file` and crash after an event; `choices` decide which writes persist. */
export function crashInRecovery(
  file: PagedStorage,
  { target, preset }: { readonly target: Target; readonly preset: Preset },
  afterEvent: number,
  choices: Choices,
): Omit<NestedState, "nested"> {
  const point = new CrashPoint(recordRecovery(file, target), nestedPreset(preset), afterEvent);
  return { file: point.build(choices), grownBytes: point.maxGrownBytes };
}

/** Every file that crashes of the recovery of `file` can leave, up to `depth` of them in a row. */
export function* everyNestedCrash(
  file: PagedStorage,
  target: Target,
  preset: Preset,
  depth: number,
): Generator<NestedState> {
  if (depth < 1) return;
  const log = recordRecovery(file, target);
  const changes = log.events.some(({ kind }) =>
    kind !== "flush-issued" && kind !== "flush-completed"
  );
  if (!changes) return;
  for (let afterEvent = -1; afterEvent < log.events.length; afterEvent++) {
    const point = new CrashPoint(log, nestedPreset(preset), afterEvent);
    const { maxGrownBytes: grownBytes } = point;
    for (const persisted of point.states()) {
      // The consumer may change the file.
      const build = () => point.build(new RecordedChoices(point.choicesFor(persisted)));
      const first = { afterEvent, persisted };
      yield { file: build(), grownBytes, nested: [first] };
      try {
        for (const later of everyNestedCrash(build(), target, preset, depth - 1)) {
          const sum = grownBytes + later.grownBytes;
          yield { file: later.file, grownBytes: sum, nested: [first, ...later.nested] };
        }
      } catch (error) {
        // A recovery that fails cannot be interrupted either; the check reports the failure.
        if (target.refusal(error) === undefined) throw error;
      }
    }
  }
}
