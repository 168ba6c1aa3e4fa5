import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import { CrashPoint } from "./crash_point.ts";
import { Replay } from "./replay.ts";

/** The number of checkpoints of the log that are kept. */
const MAX_CHECKPOINTS = 8;
/** How far apart they are at first, in events. */
const FIRST_SPACING = 1024;
/** A crash point is kept until this many others have been requested. */
const MAX_POINTS = 32;

/**
 * The crash points of a log, in any order, for one pass over the log: a few checkpoints are kept to
 * continue from.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoints, Recorder, SECTORS } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   const bytes = new Uint8Array(512).fill(1);
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 * })());
 * const points = new CrashPoints(recorder.log, SECTORS);
 * assertEquals(points.after(0).stateCount, 2n); // the sector is old or new
 * assertEquals(points.after(-1).stateCount, 1n); // a crash before anything
 * ```
 */
export class CrashPoints {
  readonly #log: WriteLog;
  readonly #preset: Preset;
  readonly #points = new Map<number, CrashPoint>();
  #cursor: Replay;
  /** Ascending; the first is the start of the log. */
  #checkpoints: Replay[];
  #spacing = FIRST_SPACING;

  /** The crash points of `log` under `preset`. */
  constructor(log: WriteLog, preset: Preset) {
    this.#log = log;
    this.#preset = preset;
    this.#cursor = new Replay(log, preset);
    this.#checkpoints = [this.#cursor.fork()];
  }

  /** The crash after event `event` (-1: before any). */
  after(event: number): CrashPoint {
    const known = this.#points.get(event);
    if (known) return known;
    this.#goTo(event);
    const point = new CrashPoint(this.#log, this.#preset, event, this.#cursor.fork());
    this.#points.set(event, point);
    const [oldest] = this.#points.keys();
    if (this.#points.size > MAX_POINTS) this.#points.delete(oldest);
    return point;
  }

  #goTo(event: number): void {
    const nearest = this.#checkpoints.findLast((checkpoint) => checkpoint.event <= event)!;
    if (this.#cursor.event > event || this.#cursor.event < nearest.event) {
      this.#cursor = nearest.fork();
    }
    while (this.#cursor.event < event) {
      this.#cursor.advance();
      const last = this.#checkpoints[this.#checkpoints.length - 1];
      if (this.#cursor.event >= last.event + this.#spacing) this.#keep(this.#cursor.fork());
    }
  }

  /** Keep a checkpoint; if there are too many now, every other one, and from now on twice as far apart. */
  #keep(checkpoint: Replay): void {
    this.#checkpoints.push(checkpoint);
    if (this.#checkpoints.length <= MAX_CHECKPOINTS) return;
    this.#checkpoints = this.#checkpoints.filter((_, place) => place % 2 === 0);
    this.#spacing *= 2;
  }
}
