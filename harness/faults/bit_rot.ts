/**
 * Bit rot at rest: one bit of a file that was closed cleanly, and is durable, is another one when it
 * is opened again. Nobody was told. Formats with checksums can notice; others can only where the new
 * value makes no sense.
 *
 * Not modelled: more than one bit, and rot while the file is in use.
 *
 * @module
 */
import { TapeChoices } from "../choices/choices.ts";
import { judgeConcretely, prepareContext } from "../reference/check_state.ts";
import { ORDERED } from "../model/presets.ts";
import type { PagedStorage } from "../model/paged_storage.ts";
import type { Recording } from "../target/subject.ts";
import { type VerdictClass, verdictClassOf } from "../result/verdict_class.ts";

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
 *   opaqueLabels: new Set(["data"]),
 *   granularityBytes: 512,
 *   otherFiles: [],
 *   probes: [],
 *   recycle() {},
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
  { log, target, guestBytes }: Omit<Recording, "stepStarts">,
  { partOf, stride = 1 }: BitRotOptions,
): BitRot[] {
  const context = prepareContext(log, target, ORDERED, { guestBytes });
  const point = context.points.after(log.events.length - 1);
  const all = [...point.states()];
  const newest = point.tapeFor(all[all.length - 1]);
  const build = () => point.build(new TapeChoices(newest));
  const bits = build().sizeBytes * 8;
  const parts = new Map<string, { tried: number; of: number; counts: BitRot["counts"] }>();
  for (let bit = 0; bit < bits; bit++) {
    const offsetBytes = Math.floor(bit / 8);
    const name = partOf(offsetBytes);
    const part = parts.get(name) ?? { tried: 0, of: 0, counts: NONE };
    const isTried = part.of % stride === 0;
    const verdict = isTried ? verdictOf(build(), offsetBytes, bit % 8) : undefined;
    parts.set(name, {
      tried: part.tried + (isTried ? 1 : 0),
      of: part.of + 1,
      counts: verdict ? { ...part.counts, [verdict]: part.counts[verdict] + 1 } : part.counts,
    });
  }
  return [...parts].map(([part, rest]) => ({ part, ...rest }));

  function verdictOf(file: PagedStorage, offsetBytes: number, bit: number): VerdictClass {
    const byte = new Uint8Array(1);
    file.read(offsetBytes, byte);
    byte[0] ^= 1 << bit;
    file.write(offsetBytes, 1, byte);
    return verdictClassOf(judgeConcretely(context, point, file).map(({ kind }) => kind));
  }
}

const NONE: Readonly<Record<VerdictClass, number>> = { survives: 0, detected: 0, silent: 0 };
