/**
 * Why a crash state breaks a promise: change one thing and check again, with one write more on
 * disk, one flush more in the log, or one write earlier. Nothing is guessed from labels.
 *
 * @module
 */
import { RecordedChoices } from "../choices/choices.ts";
import type { ReferenceContext } from "../reference/check_state.ts";
import type { Persisted } from "../model/persisted.ts";
import type { CrashPoint } from "../reference/crash_point.ts";
import type { FoundViolation } from "../result/exploration.ts";
import type { LogEvent, WriteLog } from "../log/write_log.ts";
import { withFlushBefore, withWriteBefore } from "./changed_log.ts";
import { findViolation, showsIn } from "./find_violation.ts";
import { withUnit } from "./shrink_state.ts";

/** Where a flush would have prevented the violation. */
export interface MissingFlush {
  /** It has to come after this event ... */
  readonly afterEvent: number;
  /** ... and before this one. */
  readonly beforeEvent: number;
}

/** A change that prevents a violation. */
export type Remedy =
  | { readonly kind: "flush"; readonly places: readonly MissingFlush[] }
  | {
    /** A write that comes too late: it has to be on disk before another event. */
    readonly kind: "earlier";
    readonly event: number;
    readonly beforeEvent: number;
  }
  | {
    /** Nothing of that: it shows without any crash, with every write on disk. */
    readonly kind: "other writes";
  }
  | {
    /** None of these: the disk broke its promise, or damaged sectors that it did not write. */
    readonly kind: "another disk";
    readonly reason: "flushes do nothing" | "a torn sector" | "a corrupted neighbourhood";
  }
  | {
    /** Not one flush and not one write moved. */
    readonly kind: "several things";
  }
  | {
    /** It was not found in as many recoveries as were allowed. */
    readonly kind: "unknown";
  };

/** Why a state breaks a promise. */
export interface Explanation {
  /** Events whose writes reached the disk, at least in part, and are needed for the violation. */
  readonly reached: readonly number[];
  /** Whether the size that persisted, other than the durable one, is needed for it. */
  readonly needsSize: boolean;
  /** Events whose writes were pending and did not reach the disk, or only in part. */
  readonly lost: readonly number[];
  /** Of those, the ones each of which, had it reached the disk too, would have prevented it. */
  readonly missed: readonly number[];
  /** The change that prevents it. */
  readonly remedy: Remedy;
}

/** How hard to look for a remedy. */
export interface ExplainOptions {
  /** The size of the guest's disk in bytes. */
  readonly guestBytes: number;
  /** Recoveries for all changes of the log that are tried; without limit if not given. */
  readonly maxRecoveries?: number;
}

/**
 * Explain a violation. Its state should be as small as it gets, see {@linkcode shrinkState}: then all
 * that reached the disk is needed.
 */
export function explain(
  context: ReferenceContext,
  violation: FoundViolation,
  options: ExplainOptions,
): Explanation {
  const point = context.points.after(violation.crashAfterEvent);
  const state = point.describe(new RecordedChoices(violation.choices));
  const lost = [...point.pendingEvents].filter((event) => !isOnDisk(point, state, event));
  const missed = lost.filter((event) => {
    const more = withEvent(context.log, point, state, event);
    return more && !showsIn(context, violation, { ...violation, choices: point.choicesFor(more) });
  });
  return {
    reached: eventsOf(point, state),
    needsSize: state.sizeBytes !== point.sizes[0],
    lost,
    missed,
    remedy: new Remedies(context, violation, options).find(state, point),
  };
}

/** The events of the versions that reached the disk, in their order. */
function eventsOf(point: CrashPoint, { byUnit }: Persisted): number[] {
  const versions = [...point.spelledOut(byUnit).values()];
  return [...new Set(versions.map(({ event }) => event))].sort((a, b) => a - b);
}

/** Whether all that a pending write wrote is on disk, or was written over there. */
function isOnDisk(point: CrashPoint, { byUnit }: Persisted, event: number): boolean {
  return unitsOf(point, event).every((key) => {
    const version = byUnit.get(key);
    return version !== undefined && version.event >= event && !version.tear;
  });
}

/** The units that have a version of this event. */
function unitsOf(point: CrashPoint, event: number): number[] {
  return point.units
    .filter(({ versions }) => versions.some((version) => version.event === event))
    .map(({ key }) => key);
}

/** The state with one write more on disk, and the file as long as that takes; undefined if it is. */
function withEvent(
  log: WriteLog,
  point: CrashPoint,
  state: Persisted,
  event: number,
): Persisted | undefined {
  let more = state;
  for (const key of unitsOf(point, event)) {
    const version = state.byUnit.get(key);
    if (!version || version.event < event || version.tear) more = withUnit(more, key, { event });
  }
  const written = log.events[event];
  if (written.kind === "resized" && point.sizes.includes(written.sizeBytes)) {
    return { ...more, sizeBytes: written.sizeBytes };
  }
  if (more === state || written.kind !== "write-issued") return more === state ? undefined : more;
  const endBytes = written.offsetBytes + written.bytes.length;
  if (endBytes <= (more.sizeBytes ?? Infinity)) return more;
  const enough = point.sizes.filter((size) => size >= endBytes);
  return enough.length === 0 ? more : { ...more, sizeBytes: Math.min(...enough) };
}

/** Searches for a change that prevents a violation. */
class Remedies {
  readonly #context: ReferenceContext;
  readonly #violation: FoundViolation;
  readonly #guestBytes: number;
  #recoveriesLeft: number;

  constructor(context: ReferenceContext, violation: FoundViolation, options: ExplainOptions) {
    this.#context = context;
    this.#violation = violation;
    this.#guestBytes = options.guestBytes;
    this.#recoveriesLeft = options.maxRecoveries ?? Infinity;
  }

  find(state: Persisted, point: CrashPoint): Remedy {
    const disk = this.#faultOfTheDisk(state);
    if (disk) return { kind: "another disk", reason: disk };
    const places = this.#placesForFlush(point);
    if (places.length > 0) return { kind: "flush", places };
    if (this.#showsInTheEnd()) return { kind: "other writes" };
    const earlier = this.#earlierWrite(eventsOf(point, state));
    return earlier ?? { kind: this.#recoveriesLeft > 0 ? "several things" : "unknown" };
  }

  #faultOfTheDisk(state: Persisted): (Remedy & { kind: "another disk" })["reason"] | undefined {
    if (state.corruption) return "a corrupted neighbourhood";
    if ([...state.byUnit.values()].some(({ tear }) => tear)) return "a torn sector";
    return this.#context.preset.flushesAreHonest ? undefined : "flushes do nothing";
  }

  /** Where a flush prevents it; places next to each other as one. */
  #placesForFlush(point: CrashPoint): MissingFlush[] {
    const { log } = this.#context;
    const last = this.#violation.crashAfterEvent;
    const places: MissingFlush[] = [];
    let previous: { readonly at: number; readonly helps: boolean } | undefined;
    for (let at = Math.min(...point.pendingEvents) + 1; at <= last; at++) {
      const helps = previous && IDLE.includes(log.events[at - 1].kind)
        ? previous.helps
        : !this.#shows(withFlushBefore(log, at, last));
      if (helps && previous?.helps) {
        places[places.length - 1] = { ...places[places.length - 1], beforeEvent: at };
      } else if (helps) places.push({ afterEvent: at - 1, beforeEvent: at });
      previous = { at, helps };
    }
    return places;
  }

  /** Whether it shows when nothing is lost: everything on disk, nothing more to come. */
  #showsInTheEnd(): boolean {
    const { log, points } = this.#context;
    const crashAfterEvent = log.events.length - 1;
    const point = points.after(crashAfterEvent);
    const byUnit = new Map(
      point.units.filter(({ wholeCount }) => wholeCount > 1)
        .map(({ key, versions, wholeCount }) => [key, versions[wholeCount - 1]]),
    );
    const all = { byUnit, sizeBytes: point.sizes[point.sizes.length - 1] };
    const state = { ...this.#violation, crashAfterEvent, choices: point.choicesFor(all) };
    return showsIn(this.#context, state, state);
  }

  /** A write that was issued too late: it must be on disk before those that reached it. */
  #earlierWrite(reached: readonly number[]): Remedy | undefined {
    const { log } = this.#context;
    const last = this.#violation.crashAfterEvent;
    // Durable contents are not among the versions that reached the disk: their write may be too
    // early.
    const earlier = log.events.flatMap((_, at) => at < last && changesTheFile(log, at) ? [at] : []);
    for (const at of new Set([...reached, last, ...earlier.reverse()])) {
      for (let late = at + 1; late < log.events.length; late++) {
        if (!changesTheFile(log, late) || reached.includes(late)) continue;
        if (!this.#shows(withWriteBefore(log, late, { at, last }))) {
          return { kind: "earlier", event: late, beforeEvent: at };
        }
      }
    }
    return undefined;
  }

  /** Whether a changed log still has it, as far as is known. */
  #shows(log: WriteLog): boolean {
    if (this.#recoveriesLeft <= 0) return true;
    const { target, preset } = this.#context;
    const recording = { log, target, guestBytes: this.#guestBytes };
    const search = findViolation(recording, preset, {
      kind: this.#violation.kind,
      subject: this.#violation.subject,
      depth: 1 + (this.#violation.nested?.length ?? 0),
      maxRecoveries: this.#recoveriesLeft,
    });
    this.#recoveriesLeft -= search.recoveries;
    return search.violation !== undefined || search.isCutShort;
  }
}

/** Events before or after which a flush does the same. */
const IDLE: readonly LogEvent["kind"][] = [
  "guest-write-begun",
  "guest-flush-begun",
  "flush-issued",
  "space-given-up",
  "mark",
];

function changesTheFile(log: WriteLog, at: number): boolean {
  return ["write-issued", "resized", "discarded"].includes(log.events[at].kind);
}
