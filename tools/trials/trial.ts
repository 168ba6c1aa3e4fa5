import { CrashPoints, type Persisted, type Preset } from "../../harness/advanced.ts";
import { type Content, type CrashState, crashStatesOf } from "./crash_states.ts";
import { type Examination, Examiner } from "./examine.ts";
import type { Recording } from "./record.ts";
import { writeImage } from "./sparse_image.ts";
import {
  checkExamination,
  DRIVER_CLASSES,
  type DriverClass,
  type DriverViolation,
  type Permitted,
} from "./verdict.ts";

/** How to try a driver. */
export interface TrialOptions {
  /** The fault model. */
  readonly preset: Preset;
  /** A folder in memory, for files that are gone afterwards. */
  readonly folder: string;
  /** How many images are examined at a time. */
  readonly processes: number;
  /** Called with how many of how many images are examined. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called with the crash of a tool that did not come again over the same image. */
  readonly onSporadicCrash?: (message: string) => void;
}

/** QEMU 7.2's tools abort now and then by themselves; a crash counts if it comes so often in a row. */
const CRASHES_TO_REPORT = 3;

/** Examine an image; a tool crashes over it only if it does so each time, on a fresh copy. */
export async function examineRepeatedly(
  examine: () => Promise<Examination>,
  onSporadicCrash?: (message: string) => void,
): Promise<Examination> {
  const crashes: string[] = [];
  for (;;) {
    const examination = await examine();
    if (examination.crash !== undefined) {
      crashes.push(examination.crash);
      if (crashes.length < CRASHES_TO_REPORT) continue;
    } else if (crashes.length > 0) onSporadicCrash?.(crashes[0]);
    return examination;
  }
}

/** A state, and its violation. */
export interface ReportedState extends CrashState {
  /** The violation. */
  readonly violation: DriverViolation;
}

/** The states that show one class of violation. */
export interface ClassResult {
  /** The class. */
  readonly kind: DriverClass;
  /** How many states show it, each counted once for each epoch that can leave it. */
  readonly states: number;
  /** The state that shows it with the least on disk. */
  readonly smallest: ReportedState;
}

/** The result of a driver's trial. */
export interface TrialResult {
  /** The recording. */
  readonly recording: Recording;
  /** The fault model. */
  readonly preset: Preset;
  /** How many states there are. */
  readonly stateCount: bigint;
  /** How many of these were built. */
  readonly builtCount: bigint;
  /** How many different images these are. */
  readonly images: number;
  /** Where our checker and QEMU's disagree about an image; undefined for formats that we can't check. */
  readonly disagreements: readonly string[] | undefined;
  /** The classes that show, the gravest first. */
  readonly classes: readonly ClassResult[];
}

/** Check every state that a crash can leave of a recording, with QEMU's own tools. */
export async function tryDriver(recording: Recording, options: TrialOptions): Promise<TrialResult> {
  const { preset } = options;
  const { contents, stateCount, builtCount } = crashStatesOf(recording.log, preset, recording.base);
  const tally = new Tally(recording, preset);
  await examineAll(contents, recording, options, (content, examination) => {
    tally.add(content.states, examination);
  });
  return {
    ...{ recording, preset, stateCount, builtCount, images: contents.length },
    disagreements: recording.format.driver === "qed" ? tally.disagreements : undefined,
    classes: tally.classes(),
  };
}

/** Examine images, several at a time. */
async function examineAll(
  contents: readonly Content[],
  { format, plan, base }: Recording,
  { folder, processes, onProgress, onSporadicCrash }: TrialOptions,
  take: (content: Content, examination: Examination) => void,
): Promise<void> {
  let [next, done] = [0, 0];
  const work = async (number: number) => {
    const path = `${folder}/state-${number}.img`;
    using examiner = new Examiner(format, plan, path);
    try {
      while (next < contents.length) {
        const content = contents[next++];
        const examine = () => {
          writeImage(path, content.image, base);
          return examiner.examine();
        };
        take(content, await examineRepeatedly(examine, onSporadicCrash));
        onProgress?.(++done, contents.length);
      }
    } finally {
      next = contents.length; // for the others, if this one has failed
    }
  };
  await Promise.all(Array.from({ length: processes }, (_, number) => work(number)));
}

/** Counts what is found, and keeps the smallest state of each class. */
class Tally {
  readonly #recording: Recording;
  readonly #points: CrashPoints;
  readonly disagreements: string[] = [];
  readonly #found = new Map<DriverClass, ClassResult>();

  constructor(recording: Recording, preset: Preset) {
    this.#recording = recording;
    this.#points = new CrashPoints(recording.log, preset);
  }

  add(states: readonly CrashState[], examination: Examination): void {
    const { plan, knowsGuest } = this.#recording;
    if (examination.disagreement) this.disagreements.push(examination.disagreement);
    for (const { event, persisted } of states) {
      const { guest } = this.#points.after(event);
      const permitted: Permitted = (sector) => knowsGuest ? guest.permitted(sector) : undefined;
      const kinds = new Map<DriverClass, DriverViolation>();
      for (const each of checkExamination(examination, plan, permitted)) {
        if (!kinds.has(each.kind)) kinds.set(each.kind, each);
      }
      for (const violation of kinds.values()) this.#note({ event, persisted, violation });
    }
  }

  /** The classes that were found, the gravest first. */
  classes(): readonly ClassResult[] {
    return DRIVER_CLASSES.flatMap((kind) => this.#found.get(kind) ?? []);
  }

  #note(state: ReportedState): void {
    const { kind } = state.violation;
    const known = this.#found.get(kind);
    const smallest = !known || isBefore(state, known.smallest) ? state : known.smallest;
    this.#found.set(kind, { kind, states: (known?.states ?? 0) + 1, smallest });
  }
}

/** Whether less has reached the disk, or as much and earlier: the order does not depend on who finishes first. */
function isBefore(a: ReportedState, b: ReportedState): boolean {
  const difference = sizeOf(a.persisted) - sizeOf(b.persisted) || a.event - b.event;
  return difference < 0 || (difference === 0 && keyOf(a.persisted) < keyOf(b.persisted));
}

function sizeOf({ byUnit }: Persisted): number {
  return byUnit.size;
}

function keyOf({ byUnit, sizeBytes }: Persisted): string {
  return JSON.stringify([[...byUnit.keys()], sizeBytes]);
}
