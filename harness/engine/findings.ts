import type { FoundViolation, PersistedVersion } from "../exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import { type Violation, VIOLATION_KINDS, violationKey } from "../violation.ts";
import { TapeChoices } from "./choices.ts";
import { type CrashPoint, CrashPoints, type Persisted } from "./crash_point.ts";

/** A violation and the state that shows it. */
export interface Sighting {
  readonly violation: Violation;
  readonly event: number;
  readonly persisted: Persisted;
}

/** Every different violation seen, each with its smallest state: fewest versions, then earliest. */
export class Findings {
  readonly #seen = new Map<string, { sighting: Sighting; occurrences: number }>();

  /** How many different violations there are. */
  get size(): number {
    return this.#seen.size;
  }

  /** The keys of all violations, sorted. */
  get keys(): string[] {
    return [...this.#seen.keys()].sort();
  }

  /** Take note of a violation; `persisted` is only asked for if its state is the smallest yet. */
  add(violation: Violation, event: number, size: number, persisted: () => Persisted): void {
    const key = violationKey(violation);
    const known = this.#seen.get(key);
    if (!known) {
      const sighting = { violation, event, persisted: persisted() };
      this.#seen.set(key, { sighting, occurrences: 1 });
      return;
    }
    known.occurrences++;
    const best = known.sighting;
    const smallest = best.persisted.byUnit.size;
    if (size < smallest || (size === smallest && event < best.event)) {
      known.sighting = { violation, event, persisted: persisted() };
    }
  }

  /** All of them, the worst kind first, with what reached the disk spelled out. */
  list(log: WriteLog, preset: Preset): FoundViolation[] {
    const all = [...this.#seen.values()].sort((a, b) => {
      const kinds = VIOLATION_KINDS.indexOf(a.sighting.violation.kind) -
        VIOLATION_KINDS.indexOf(b.sighting.violation.kind);
      return kinds || a.sighting.event - b.sighting.event ||
        a.sighting.persisted.byUnit.size - b.sighting.persisted.byUnit.size;
    });
    const points = new CrashPoints(log, preset);
    return all.map(({ sighting, occurrences }) => {
      const point = points.after(sighting.event);
      const versions = point.spelledOut(sighting.persisted.byUnit);
      const persisted = persistedVersions(log, preset, versions);
      return { ...spellOut(sighting, point), persisted, occurrences };
    });
  }
}

/** What a sighting says in terms of its crash point. */
function spellOut(
  sighting: Sighting,
  point: CrashPoint,
): Omit<FoundViolation, "persisted" | "occurrences"> {
  const tape = point.tapeFor(sighting.persisted);
  const { sizeBytes } = point.build(new TapeChoices(tape));
  return {
    ...sighting.violation,
    crashAfterEvent: sighting.event,
    pendingWrites: point.pendingCount,
    sizeBytes,
    tape,
  };
}

/**
 * The pieces of writes that a set of versions stands for, adjacent units of a write together.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { persistedVersions, Recorder, SECTORS } from "@powercut/powercut/harness";
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
 * assertEquals(persistedVersions(recorder.log, SECTORS, new Map([[1, 2]])), [
 *   { event: 2, offsetBytes: 512, lengthBytes: 512, label: "data" },
 * ]);
 * ```
 */
export function persistedVersions(
  log: WriteLog,
  preset: Preset,
  byUnit: ReadonlyMap<number, number>,
): PersistedVersion[] {
  const pieces: PersistedVersion[] = [];
  const units = [...byUnit].sort(([keyA, a], [keyB, b]) => a - b || keyA - keyB);
  for (const [key, event] of units) {
    const piece = pieceOf(log, preset, key, event);
    const last = pieces[pieces.length - 1];
    if (
      last?.event === event && last.offsetBytes + last.lengthBytes === piece.offsetBytes
    ) {
      pieces[pieces.length - 1] = { ...last, lengthBytes: last.lengthBytes + piece.lengthBytes };
    } else pieces.push(piece);
  }
  return pieces;
}

function pieceOf(log: WriteLog, preset: Preset, key: number, event: number): PersistedVersion {
  const source = log.events[event];
  const label = "label" in source ? source.label : source.kind;
  const offsetBytes = source.kind === "resized"
    ? source.sizeBytes
    : "offsetBytes" in source
    ? source.offsetBytes
    : 0;
  const lengthBytes = source.kind === "write-issued"
    ? source.bytes.length
    : source.kind === "discarded"
    ? source.lengthBytes
    : 0;
  if (preset.unit === "write" || source.kind === "resized") {
    return { event, offsetBytes, lengthBytes, label };
  }
  const from = Math.max(offsetBytes, key * preset.unit);
  const to = Math.min(offsetBytes + lengthBytes, (key + 1) * preset.unit);
  return { event, offsetBytes: from, lengthBytes: to - from, label };
}
