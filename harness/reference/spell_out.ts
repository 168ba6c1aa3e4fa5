import type { FoundNestedCrash, FoundViolation, PersistedVersion } from "../result/exploration.ts";
import type { Findings, Sighting } from "../result/findings.ts";
import type { LogEvent, WriteLog } from "../log/write_log.ts";
import type { PagedStorage } from "../model/paged_storage.ts";
import type { Persisted } from "../model/persisted.ts";
import type { Preset } from "../model/presets.ts";
import { RecordedChoices } from "../choices/choices.ts";
import type { UnitVersion } from "../model/unit_version.ts";
import type { ReferenceContext } from "./check_state.ts";
import { CrashPoint } from "./crash_point.ts";
import { nestedPreset, recordRecovery } from "./nested_crash.ts";

/** Spell out the state of every finding in terms of its crash point, the worst kind first. */
export function spellOutFindings(findings: Findings, context: ReferenceContext): FoundViolation[] {
  return findings.sorted().map(({ sighting, occurrences }) => ({
    ...spellOut(sighting, context),
    occurrences,
  }));
}

/** A sighting in terms of its crash point. */
function spellOut(
  { violation, event, persisted }: Sighting,
  context: ReferenceContext,
): Omit<FoundViolation, "occurrences"> {
  const { log, preset } = context;
  const point = context.points.after(event);
  const choices = point.choicesFor(persisted);
  const file = point.build(new RecordedChoices(choices));
  const { sizeBytes } = file;
  const nested = persisted.nested?.map(({ afterEvent, persisted }): PlannedCrash => ({
    afterEvent,
    choicesAt: (later) => later.choicesFor(persisted),
  }));
  return {
    ...violation,
    crashAfterEvent: event,
    pendingWrites: point.pendingCount,
    persisted: persistedVersions(log, preset, point.spelledOut(persisted.byUnit)),
    sizeBytes,
    choices,
    ...(persisted.corruption && { corruption: persisted.corruption }),
    ...(nested && { nested: spellOutNested(nested, file, context) }),
  };
}

/** A crash of a recovery: the choice sequence is worked out once its crash point is known. */
export interface PlannedCrash {
  /** The crash comes after this event of the recovery's own log; -1 means before any. */
  readonly afterEvent: number;
  /** The choices that build the resulting file. */
  choicesAt(point: CrashPoint): readonly number[];
}

/**
 * Crashes during recovery, beginning with the recovery of `first`, in terms of the recoveries' own
 * logs. Throws {@linkcode ChoiceError} for a choice sequence that does not fit.
 */
export function spellOutNested(
  crashes: readonly PlannedCrash[],
  first: PagedStorage,
  { target, preset }: Pick<ReferenceContext, "target" | "preset">,
): FoundNestedCrash[] {
  let file = first;
  return crashes.map(({ afterEvent, choicesAt }) => {
    const log = recordRecovery(file, target);
    const point = new CrashPoint(log, nestedPreset(preset), afterEvent);
    const choices = choicesAt(point);
    const { byUnit } = point.describe(new RecordedChoices(choices));
    file = point.build(new RecordedChoices(choices));
    return {
      afterEvent,
      persisted: persistedVersions(log, preset, point.spelledOut(byUnit)),
      sizeBytes: file.sizeBytes,
      choices,
    };
  });
}

/**
 * The pieces of writes that a set of versions stands for, adjacent units of a write together.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { persistedVersions, Recorder, SECTORS } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   for (const offsetBytes of [0, 512]) {
 *     const bytes = new Uint8Array(512).fill(1);
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   }
 * })());
 * // Sector 1 persisted as event 2 wrote it; sector 0 did not.
 * assertEquals(persistedVersions(recorder.log, SECTORS, new Map([[1, { event: 2 }]])), [
 *   { event: 2, offsetBytes: 512, lengthBytes: 512, label: "data" },
 * ]);
 * ```
 */
export function persistedVersions(
  log: WriteLog,
  preset: Preset,
  byUnit: Persisted["byUnit"],
): PersistedVersion[] {
  const pieces: PersistedVersion[] = [];
  const units = [...byUnit].sort(([keyA, a], [keyB, b]) => a.event - b.event || keyA - keyB);
  for (const [key, version] of units) {
    const piece = pieceOf(log, preset, key, version);
    const last = pieces[pieces.length - 1];
    if (last?.event === piece.event && endOf(last) === piece.offsetBytes) {
      pieces[pieces.length - 1] = { ...last, lengthBytes: last.lengthBytes + piece.lengthBytes };
    } else pieces.push(piece);
  }
  return pieces;
}

function endOf({ offsetBytes, lengthBytes }: PersistedVersion): number {
  return offsetBytes + lengthBytes;
}

/** The bytes of its newest write in a unit. */
function pieceOf(
  log: WriteLog,
  preset: Preset,
  key: number,
  { event, tear }: UnitVersion,
): PersistedVersion {
  const source = log.events[event];
  const label = "label" in source ? source.label : source.kind;
  const { offsetBytes, lengthBytes } = rangeOf(source);
  if (preset.unit === "write" || source.kind === "resized") {
    return { event, offsetBytes, lengthBytes, label };
  }
  const start = key * preset.unit;
  const tornAt = start + (tear?.atBytes ?? 0);
  const from = Math.max(offsetBytes, tear?.head === "old" ? tornAt : start);
  const to = Math.min(
    offsetBytes + lengthBytes,
    tear?.head === "new" ? tornAt : start + preset.unit,
  );
  return { event, offsetBytes: from, lengthBytes: Math.max(0, to - from), label };
}

/** Where an event changes the file. */
function rangeOf(event: LogEvent): { offsetBytes: number; lengthBytes: number } {
  switch (event.kind) {
    case "write-issued":
      return { offsetBytes: event.offsetBytes, lengthBytes: event.bytes.length };
    case "discarded":
      return event;
    case "resized":
      return { offsetBytes: event.sizeBytes, lengthBytes: 0 };
    default:
      return { offsetBytes: 0, lengthBytes: 0 };
  }
}
