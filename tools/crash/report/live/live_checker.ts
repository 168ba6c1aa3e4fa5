import { checkState, type ReferenceContext } from "../../../../harness/reference/check_state.ts";
import { CrashPoints } from "../../../../harness/reference/crash_points.ts";
import type { Persisted } from "../../../../harness/model/persisted.ts";
import type { CrashPoint } from "../../../../harness/reference/crash_point.ts";
import { RecordedChoices } from "../../../../harness/choices/choices.ts";
import { presetNamed } from "../../../../harness/model/presets.ts";
import type { Violation } from "../../../../harness/result/violation.ts";
import { PROFILES } from "../../../../lib/qed/format/profile.ts";
import { qedTarget } from "../../../../scenarios/qed/qed_target.ts";
import { type LiveCase, logOf } from "./live_data.ts";

/** A pending write, cut or discard, and its units that may persist on their own. */
export interface LiveWrite {
  /** The event that issued it. */
  readonly event: number;
  /** A description. */
  readonly words: string;
  /** Its units; with a name where there are several. */
  readonly units: readonly { readonly key: number; readonly name: string }[];
}

/** The persisted units: for each write their keys. */
export type LiveState = ReadonlyMap<number, ReadonlySet<number>>;

/** Checks states of a case. */
export class LiveChecker {
  readonly #case: LiveCase;
  readonly #context: ReferenceContext;

  /** Set the case up. */
  constructor(live: LiveCase, pieces: readonly Uint8Array[]) {
    this.#case = live;
    const log = logOf(live, pieces);
    const preset = presetNamed(live.preset)!;
    const profile = Object.values(PROFILES).find(({ name }) => name === live.profile)!;
    const { clusterBytes, postRecoveryWrites, watched, leakedBeforeBytes } = live;
    const target = qedTarget({ profile, clusterBytes, postRecoveryWrites });
    const points = new CrashPoints(log, preset);
    this.#context = { log, target, preset, watched, leakedBeforeBytes, points };
  }

  /** The writes that are pending after an event. */
  writesAt(event: number): readonly LiveWrite[] {
    const { log, preset } = this.#context;
    const point = this.#point(event);
    return [...point.pendingEvents].map((at) => {
      const units = point.units.filter(({ versions }) =>
        versions.some((version) => version.event === at)
      );
      const name = (key: number) =>
        preset.unit === "write" ? "" : `${unitName(preset.unit)} ${key}`;
      const words = this.#case.words[at] ?? log.events[at].kind;
      return { event: at, words, units: units.map(({ key }) => ({ key, name: name(key) })) };
    }).filter(({ units }) => units.length > 0);
  }

  /** The sizes that the file may have after an event. */
  sizesAt(event: number): readonly number[] {
    return this.#point(event).sizes;
  }

  /** The state that the case begins with. */
  startState(): { readonly state: LiveState; readonly sizeBytes: number } {
    const { event, choices } = this.#case.start;
    const point = this.#point(event);
    const { byUnit, sizeBytes } = point.describe(new RecordedChoices(choices));
    const state = new Map<number, Set<number>>();
    for (const { event: at, units } of this.writesAt(event)) {
      const there = units.filter(({ key }) => (byUnit.get(key)?.event ?? -1) >= at);
      state.set(at, new Set(there.map(({ key }) => key)));
    }
    return { state, sizeBytes: sizeBytes ?? point.sizes[0] };
  }

  /** The violations of a state after an event. */
  check(event: number, state: LiveState, sizeBytes: number): readonly Violation[] {
    const point = this.#point(event);
    const persisted = this.#persisted(point, state, sizeBytes);
    const file = point.build(new RecordedChoices(point.choicesFor(persisted)));
    return checkState(this.#context, point, file);
  }

  #point(event: number): CrashPoint {
    return this.#context.points.after(event);
  }

  /** Of each unit the newest version that is said to be on disk. */
  #persisted(point: CrashPoint, state: LiveState, sizeBytes: number): Persisted {
    const byUnit: Persisted["byUnit"] = new Map(
      point.units.flatMap(({ key, versions }) => {
        const newest = versions.findLast(({ event, tear }) =>
          !tear && event >= 0 && state.get(event)?.has(key)
        );
        return newest ? [[key, newest] as const] : [];
      }),
    );
    return { byUnit, sizeBytes };
  }
}

function unitName(unit: number | "write"): string {
  return unit === 512 ? "sector" : "block";
}
