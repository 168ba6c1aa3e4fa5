/**
 * Bit rot at rest: one bit of a file that was closed cleanly, and is durable, is another one when it
 * is opened again. Nobody was told. Formats with checksums can notice; others can only where the new
 * value makes no sense.
 *
 * Not modelled: more than one bit, and rot while the file is in use.
 *
 * @module
 */
import { RecordedChoices } from "../choices/choices.ts";
import { checkState, prepareContext, type ReferenceContext } from "../reference/check_state.ts";
import type { CrashPoint } from "../reference/crash_point.ts";
import { ORDERED } from "../model/presets.ts";
import type { PagedStorage } from "../model/paged_storage.ts";
import type { Recording } from "../target/subject.ts";
import { type VerdictClass, verdictClassOf } from "../result/verdict_class.ts";
import type { Violation } from "../result/violation.ts";

/** What rotted bits come to, for one part of the file. */
export interface BitRot {
  /** The part: a header, a table ... */
  readonly part: string;
  /** How many bits were tried, each by itself. */
  readonly tried: number;
  /** How many bits the part has; the search is exhaustive if all were tried. */
  readonly of: number;
  /** For each class how many bits led to it. */
  readonly counts: Readonly<Record<VerdictClass, number>>;
}

/** Which bits to try. */
export interface BitRotOptions {
  /** The name of the part of the file that a byte belongs to. */
  readonly partOf: (offsetBytes: number) => string;
  /** Of every so many bits one is tried; 1, which is all of them, if not given. */
  readonly stride?: number;
}

/**
 * Flip bits of the file that a recording leaves, one at a time, and judge what becomes of each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exploreBitRot, Recorder, type Target } from "@powercut/powercut/harness";
 *
 * // A format of one sector, which needs no recovery and has no checksum.
 * const target: Target<void> = {
 *   name: "sector",
 *   dataLabels: new Set(["data"]),
 *   allocationUnitBytes: 512,
 *   otherFiles: [],
 *   postRecoveryWrites: [],
 *   beforeEachState() {},
 *   *recover() {},
 *   *inspect() {
 *     return { problems: [], leakedBytes: 0 };
 *   },
 *   *read(_, offsetBytes, into) {
 *     yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
 *   },
 *   *write(_, offsetBytes, bytes) {
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   },
 *   refusal: () => undefined,
 * };
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * const bytes = new Uint8Array(512).fill(1);
 * recorder.guestWrite(0, bytes, target.write(undefined, 0, bytes));
 * const recording = { log: recorder.log, target, guestBytes: 512 };
 * const [{ counts, tried }] = exploreBitRot(recording, { partOf: () => "data" });
 * assertEquals([counts.silent, tried], [4096, 4096]);
 * ```
 */
export function exploreBitRot(
  recording: Omit<Recording, "stepStarts">,
  { partOf, stride = 1 }: BitRotOptions,
): BitRot[] {
  const file = new RottingFile(recording);
  const parts = new Map<string, { tried: number; of: number; counts: BitRot["counts"] }>();
  for (let bit = 0; bit < file.bitCount; bit++) {
    const name = partOf(Math.floor(bit / 8));
    const part = parts.get(name) ?? { tried: 0, of: 0, counts: NONE };
    const isTried = part.of % stride === 0;
    const verdict = isTried
      ? verdictClassOf(file.violationsOf(bit).map(({ kind }) => kind))
      : undefined;
    parts.set(name, {
      tried: part.tried + (isTried ? 1 : 0),
      of: part.of + 1,
      counts: verdict ? { ...part.counts, [verdict]: part.counts[verdict] + 1 } : part.counts,
    });
  }
  return [...parts].map(([part, rest]) => ({ part, ...rest }));
}

const NONE: Readonly<Record<VerdictClass, number>> = { survives: 0, detected: 0, silent: 0 };

/** The file that a recording leaves, closed and durable, in which one bit at a time is flipped. */
export class RottingFile {
  readonly #trial: ReferenceContext;
  readonly #point: CrashPoint;
  /** The choices with which all that was written is on disk. */
  readonly #newest: readonly number[];
  /** How many bits the file has. */
  readonly bitCount: number;

  /** The file as it is at the end of the recording. */
  constructor({ log, target, guestBytes }: Omit<Recording, "stepStarts">) {
    this.#trial = prepareContext(log, target, ORDERED, { guestBytes });
    this.#point = this.#trial.points.after(log.events.length - 1);
    const all = [...this.#point.states()];
    this.#newest = this.#point.choicesFor(all[all.length - 1]);
    this.bitCount = this.#build().sizeBytes * 8;
  }

  /** What is wrong with the file, opened with this bit flipped. */
  violationsOf(bit: number): Violation[] {
    const file = this.#build();
    const offsetBytes = Math.floor(bit / 8);
    const byte = new Uint8Array(1);
    file.read(offsetBytes, byte);
    byte[0] ^= 1 << (bit % 8);
    file.write(offsetBytes, 1, byte);
    return checkState(this.#trial, this.#point, file);
  }

  #build(): PagedStorage {
    return this.#point.build(new RecordedChoices(this.#newest));
  }
}
