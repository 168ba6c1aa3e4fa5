import { CrashPoints, type Preset, type WriteOutcome } from "../../harness/advanced.ts";
import type { CrashState } from "./crash_states.ts";
import type { Recording } from "./record.ts";

/** A part of a log's entry that is on disk after a crash. */
export interface DiskPiece {
  /** Which part of the entry, in bytes from its start. */
  readonly fromBytes: number;
  readonly toBytes: number;
}

/** The outcome of an entry of the log. */
export interface EntryOutcome {
  /** The entry's number. */
  readonly entry: number;
  /** Durable before the crash; or in flight, and on disk in full, in part or not at all. */
  readonly outcome: WriteOutcome;
  /** The parts of it that are on disk, in order. */
  readonly pieces: readonly DiskPiece[];
}

/** The outcome of each write and discard that was logged before the power cut. */
export function outcomesOf(
  { log, entries, entryOfEvent }: Recording,
  preset: Preset,
  { event, persisted }: CrashState,
): readonly EntryOutcome[] {
  const point = new CrashPoints(log, preset).after(event);
  const { pendingEvents } = point;
  const byUnit = point.spelledOut(persisted.byUnit);
  const isWhole = preset.ordered || preset.unit === "write";
  return log.events.slice(0, event + 1).flatMap((each, at): EntryOutcome[] => {
    if (each.kind !== "write-issued" && each.kind !== "discarded") return [];
    const entry = entryOfEvent[at];
    const { offsetBytes, lengthBytes } = entries[entry];
    const whole = [{ fromBytes: 0, toBytes: lengthBytes }];
    if (!pendingEvents.has(at)) return [{ entry, outcome: "durable", pieces: whole }];
    if (isWhole) {
      const isThere = byUnit.has(at);
      return [{ entry, outcome: isThere ? "reached" : "lost", pieces: isThere ? whole : [] }];
    }
    const unitBytes = Number(preset.unit);
    const pieces = [...byUnit].flatMap(([key, version]) => {
      const fromBytes = Math.max(0, key * unitBytes - offsetBytes);
      const toBytes = Math.min(lengthBytes, (key + 1) * unitBytes - offsetBytes);
      return version.event >= at && fromBytes < toBytes ? [{ fromBytes, toBytes }] : [];
    });
    const bytes = pieces.reduce((sum, { fromBytes, toBytes }) => sum + toBytes - fromBytes, 0);
    const outcome = bytes === 0 ? "lost" : bytes < lengthBytes ? "partly" : "reached";
    return [{ entry, outcome, pieces }];
  });
}
