/**
 * Delta debugging of steps: leave out steps, from large pieces to single steps and pairs of them,
 * and simplify the rest, until nothing more can change without losing the failure. (Zeller and
 * Hildebrandt, Simplifying and isolating failure-inducing input, 2002.)
 *
 * @module
 */
import type { RangeStep, Step } from "../target/subject.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** How a workload fails. */
export interface Failure {
  /** Steps that had begun when it failed; later ones cannot matter. */
  readonly stepCount: number;
}

/** Whether, and how, a workload fails; undefined if it does not. Always answers the same. */
export type FailurePredicate = (steps: readonly Step[]) => Failure | undefined;

/** Pairs of steps are tried in workloads of at most this many. */
const MAX_STEPS_FOR_PAIRS = 16;
/**
 * In workloads of at most this many, leaving out one step is tried together with changing another.
 */
const MAX_STEPS_FOR_CHANGES = 6;

/**
 * The simpler kinds first. A step may become one of a kind before its own; the rest it keeps.
 */
const KINDS: readonly Step["kind"][] = [
  "flush",
  "write",
  "zero",
  "discard",
  "reopen",
  "close",
  "grow",
  "snapshot",
];

/**
 * Shrink a failing workload. The result still fails; without any one or two of its steps, or with
 * any step simplified, it does not. A workload that does not fail is returned unchanged.
 */
export function shrinkSteps(
  steps: readonly Step[],
  fails: FailurePredicate,
  unitBytes: number,
): readonly Step[] {
  const shrinker = new StepShrinker(steps, fails);
  if (!shrinker.begin()) return steps;
  shrinker.cutFront();
  do {
    shrinker.leaveOutPieces();
  } while (
    shrinker.leaveOutPair() || shrinker.simplify(unitBytes) ||
    shrinker.leaveOutForAnother(unitBytes)
  );
  return shrinker.steps;
}

/** A workload that gets smaller. */
class StepShrinker {
  readonly #fails: FailurePredicate;
  /** The smallest workload so far that fails. */
  steps: readonly Step[];

  constructor(steps: readonly Step[], fails: FailurePredicate) {
    this.steps = steps;
    this.#fails = fails;
  }

  /** Check that it fails, and cut off later steps. */
  begin(): boolean {
    return this.#accept(this.steps);
  }

  /** Most failures need only the last few steps: try so few, then twice as many. */
  cutFront(): void {
    const all = this.steps;
    for (let count = 1; count < all.length; count *= 2) {
      if (this.#accept(all.slice(-count))) return;
    }
  }

  /** Leave out pieces, in the end single steps, from the back, until none can go. */
  leaveOutPieces(): void {
    let length = Math.ceil(this.steps.length / 2);
    while (length >= 1) {
      const wasLeftOut = this.#leaveOut(length);
      if (length > 1) length = Math.ceil(length / 2);
      else if (!wasLeftOut) return;
    }
  }

  #leaveOut(length: number): boolean {
    let wasLeftOut = false;
    for (let end = this.steps.length; end > 0; end -= length) {
      end = Math.min(end, this.steps.length);
      const start = Math.max(0, end - length);
      const rest = [...this.steps.slice(0, start), ...this.steps.slice(end)];
      if (this.#accept(rest)) wasLeftOut = true;
    }
    return wasLeftOut;
  }

  /** Leave out two steps, neither of which can go alone. Returns whether any two could. */
  leaveOutPair(): boolean {
    const { length } = this.steps;
    if (length > MAX_STEPS_FOR_PAIRS) return false;
    for (let b = length - 1; b > 0; b--) {
      for (let a = b - 1; a >= 0; a--) {
        if (this.#accept(this.steps.filter((_, i) => i !== a && i !== b))) return true;
      }
    }
    return false;
  }

  /** Simplify steps until none can be. Returns whether any could. */
  simplify(unitBytes: number): boolean {
    let wasSimplified = false;
    for (let at = 0; at < this.steps.length; at++) {
      const { length } = this.steps;
      while (this.#simplifyStep(at, unitBytes)) {
        wasSimplified = true;
        // It fails earlier now: the subject of this step may be gone.
        if (this.steps.length < length) return true;
      }
    }
    return wasSimplified;
  }

  /** Leave out a step that another one needs unchanged, and change that one. */
  leaveOutForAnother(unitBytes: number): boolean {
    const { steps } = this;
    if (steps.length > MAX_STEPS_FOR_CHANGES) return false;
    return steps.some((_, out) => {
      const rest = steps.toSpliced(out, 1);
      return rest.some((step, at) =>
        othersThan(step, unitBytes).some((other) => this.#accept(rest.with(at, other)))
      );
    });
  }

  #simplifyStep(at: number, unitBytes: number): boolean {
    const { steps } = this;
    return simplerThan(steps[at], unitBytes).some((step) => this.#accept(steps.with(at, step)));
  }

  /** Go on with `steps`, if they fail, up to where they do. */
  #accept(steps: readonly Step[]): boolean {
    const failure = steps.length === 0 ? undefined : this.#fails(steps);
    if (!failure) return false;
    this.steps = steps;
    if (failure.stepCount < steps.length) this.#accept(steps.slice(0, failure.stepCount));
    return true;
  }
}

/** Steps to put in a step's place, the simplest first. Each has a number less, or a simpler kind. */
function simplerThan(step: Step, unitBytes: number): Step[] {
  const kinds = KINDS.slice(0, KINDS.indexOf(step.kind));
  if (!("offsetBytes" in step)) {
    return kinds.filter((kind) => kind === "flush" || kind === "reopen").map(bareStep);
  }
  return [
    { kind: "flush" },
    ...kinds.filter(isRangeKind).map((kind) => ({ ...step, kind })),
    ...lessThan(step.lengthBytes, unitBytes).filter((bytes) => bytes > 0)
      .map((lengthBytes) => ({ ...step, lengthBytes })),
    ...lessThan(step.offsetBytes, unitBytes).map((offsetBytes) => ({ ...step, offsetBytes })),
  ];
}

/** Steps that may do for two: at another place, longer, of another kind. */
function othersThan(step: Step, unitBytes: number): Step[] {
  if (!("offsetBytes" in step)) return simplerThan(step, unitBytes);
  const { kind, offsetBytes, lengthBytes } = step;
  const others = simplerThan(step, unitBytes);
  for (const otherKind of new Set([kind, "write", "zero", "discard"] as const)) {
    for (const offset of new Set([0, unitBytes, offsetBytes])) {
      for (const length of new Set([SECTOR_BYTES, unitBytes, 2 * unitBytes, lengthBytes])) {
        others.push({ kind: otherKind, offsetBytes: offset, lengthBytes: length });
      }
    }
  }
  return others;
}

function bareStep(kind: Step["kind"]): Step {
  return { kind: kind === "flush" ? "flush" : "reopen" };
}

function isRangeKind(kind: Step["kind"]): kind is RangeStep["kind"] {
  return kind === "write" || kind === "zero" || kind === "discard";
}

/** Rounder numbers of bytes below `bytes`, the smallest first. */
function lessThan(bytes: number, unitBytes: number): number[] {
  const rounder = [
    0,
    SECTOR_BYTES,
    unitBytes,
    2 * unitBytes,
    Math.floor(bytes / 2 / unitBytes) * unitBytes,
    Math.floor(bytes / unitBytes) * unitBytes,
    Math.floor(bytes / SECTOR_BYTES) * SECTOR_BYTES,
    bytes - unitBytes,
  ];
  return [...new Set(rounder)].filter((each) => each >= 0 && each < bytes).sort((a, b) => a - b);
}
