/**
 * **Effect.** Bit rot at rest: one bit of a file that was closed cleanly, and is durable, flips
 * before the file is opened again. Nothing reports it.
 *
 * **Requests.** None: the file is changed between two sessions.
 *
 * **Promise.** A format with checksums can detect it; others can only where the new value is
 * invalid.
 *
 * **Example.** A bit of a table entry flips, and the entry refers to another cluster.
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

/** The results of flipping bits of one part of the file. */
export interface BitRot {
  /** The part: a header, a table ... */
  readonly part: string;
  /** The number of bits flipped, each by itself. */
  readonly tried: number;
  /** The number of bits of the part; the search is exhaustive if all were flipped. */
  readonly of: number;
  /** The number of bits of each class. */
  readonly counts: Readonly<Record<VerdictClass, number>>;
}

/** Options of {@linkcode exploreBitRot}. */
export interface BitRotOptions {
  /** The name of the part of the file that a byte belongs to. */
  readonly partOf: (offsetBytes: number) => string;
  /** Flip one of every `stride` bits; 1, which means all of them, if not given. */
  readonly stride?: number;
}

/**
 * Flip bits of the file that a recording leaves, one at a time, and check the result of each.
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

/** The file that a recording leaves, closed and durable, to flip one bit at a time. */
export class RottingFile {
  readonly #trial: ReferenceContext;
  readonly #point: CrashPoint;
  /** The choices with which all writes are on disk. */
  readonly #newest: readonly number[];
  /** The number of bits of the file. */
  readonly bitCount: number;

  /** The file at the end of the recording. */
  constructor({ log, target, guestBytes }: Omit<Recording, "stepStarts">) {
    this.#trial = prepareContext(log, target, ORDERED, { guestBytes });
    this.#point = this.#trial.points.after(log.events.length - 1);
    const all = [...this.#point.states()];
    this.#newest = this.#point.choicesFor(all[all.length - 1]);
    this.bitCount = this.#build().sizeBytes * 8;
  }

  /** The violations of the file with this bit flipped. */
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
