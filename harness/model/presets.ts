/**
 * The fault model: the possible contents of the disk after a crash.
 *
 * | zone                 | fault                                                     | preset                    |
 * | -------------------- | --------------------------------------------------------- | ------------------------- |
 * | order of writes      | a prefix of the writes persists                           | `ordered`                 |
 * |                      | any subset of the writes persists, each as a whole        | `writes`                  |
 * | unit of a write      | each 512-byte sector persists by itself                   | `sectors`, the default    |
 * |                      | each 4 KiB block persists by itself                       | `blocks`                  |
 * | one sector           | holds two versions, torn at an 8-byte boundary            | `torn-sector`             |
 * | sectors around       | an interrupted write corrupts its neighbourhood           | `neighbour-corruption(R)` |
 * | cache                | flushes and forced unit access are acknowledged, ignored  | `lying-flush`             |
 * | size of the file     | any size since the last durable size                      | all                       |
 * | one request          | errors, short and misdirected requests while running      | none: harness/faults      |
 * | a file at rest       | one bit rots                                              | none: harness/faults      |
 *
 * A crash can come after any event of the write log. Contents that the log made durable are there.
 * Beyond that, for each atomic unit touched since it was last made durable, the disk holds the
 * durable version or any version written since, where a version is the contents that a reader of
 * the unit would have seen after that write. Units are independent: that covers writes that are
 * dropped, reordered, and torn between units, all at once. A preset gives the unit, and whether
 * order holds.
 *
 * The size of the file is a variable of its own: any size the file had since its last durable size.
 * Bytes past the size that persisted are lost; bytes inside it that never reached the disk read as
 * zeroes. So size may persist without data, and data without size is lost. (Under `ordered` the
 * size is the one that belongs to the prefix.) Truncating a file is a change of size and a write of
 * zeroes over the range cut off, each of which may persist without the other.
 *
 * Three presets go further than a disk that keeps its promises.
 *
 * **A torn sector.** Sectors are not atomic: at most one of them, at any crash, holds two of its
 * versions at once, one up to a boundary of 8 bytes and the other after it. Either may be the newer
 * one. The guest knows that its disk may tear a sector that it was writing, so a guest sector may
 * hold two of its permitted versions in the same way.
 *
 * **Neighbour corruption** (Lokier, 10 September 2010 21:22). At most one of the writes in flight
 * when the power fails (issued, not completed) corrupts its aligned neighbourhood of R bytes:
 * everything there, however long it had been durable, becomes noise, or zeroes. No format survives
 * that; the question is whether the format notices, or returns corrupted data as good.
 *
 * **Flushes that lie.** They are acknowledged, as is forced unit access, and nothing becomes
 * durable. The guest does not know.
 *
 * Not modelled here: more than one torn or corrupted place, a torn sector beside a corrupted one,
 * and corruption by a crash during recovery.
 *
 * @module
 */

/** A fault model by name, as frozen data. */
export interface Preset {
  /** The name it is asked for by. */
  readonly name: string;
  /** The unit that persists as a whole: this many bytes, or a write request. */
  readonly unit: number | "write";
  /** Whether writes persist only in the order in which they were issued. */
  readonly ordered: boolean;
  /** Whether one unit of each crash may hold two versions, one on each side of an 8-byte boundary. */
  readonly tears: boolean;
  /** A write in flight may corrupt aligned neighbourhoods of this many bytes; 0 if it may not. */
  readonly corruptionBytes: number;
  /** Whether writes that a flush covers are durable once it has completed. */
  readonly flushesAreHonest: boolean;
  /** One line for reports. */
  readonly summary: string;
}

/** The guarantees of an honest disk. */
const HONEST = { tears: false, corruptionBytes: 0, flushesAreHonest: true } as const;

/**
 * Any prefix of the writes, whole: a disk that does everything in order.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, ORDERED, Recorder } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   for (const offsetBytes of [0, 512]) {
 *     const bytes = new Uint8Array(512).fill(1);
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   }
 * })());
 * const point = new CrashPoint(recorder.log, ORDERED, recorder.log.events.length - 1);
 * assertEquals(point.stateCount, 3n); // none, the first, both
 * ```
 */
export const ORDERED: Preset = Object.freeze({
  ...HONEST,
  name: "ordered",
  unit: "write",
  ordered: true,
  summary: "whole writes, a prefix of the order in which they were issued",
});

/**
 * Any subset of the writes, whole.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, Recorder, WRITES } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   for (const offsetBytes of [0, 512]) {
 *     const bytes = new Uint8Array(512).fill(1);
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   }
 * })());
 * const point = new CrashPoint(recorder.log, WRITES, recorder.log.events.length - 1);
 * assertEquals(point.stateCount, 4n); // none, one of them, both
 * ```
 */
export const WRITES: Preset = Object.freeze({
  ...HONEST,
  name: "writes",
  unit: "write",
  ordered: false,
  summary: "whole writes, any subset",
});

/**
 * Each 512-byte sector on its own. The default.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, Recorder, SECTORS } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   const bytes = new Uint8Array(1024).fill(1);
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 * })());
 * const point = new CrashPoint(recorder.log, SECTORS, recorder.log.events.length - 1);
 * assertEquals(point.stateCount, 4n); // a write of two sectors may be torn between them
 * ```
 */
export const SECTORS: Preset = Object.freeze({
  ...HONEST,
  name: "sectors",
  unit: 512,
  ordered: false,
  summary: "each 512-byte sector on its own, old or any version since",
});

/**
 * Each 4 KiB block on its own.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BLOCKS, CrashPoint, Recorder } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   for (const offsetBytes of [0, 512]) {
 *     const bytes = new Uint8Array(512).fill(1);
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   }
 * })());
 * const point = new CrashPoint(recorder.log, BLOCKS, recorder.log.events.length - 1);
 * assertEquals(point.stateCount, 3n); // one block: as it was, after the first write, after both
 * ```
 */
export const BLOCKS: Preset = Object.freeze({
  ...HONEST,
  name: "blocks",
  unit: 4096,
  ordered: false,
  summary: "each 4 KiB block on its own, old or any version since",
});

/**
 * As {@linkcode SECTORS}, and one sector of each crash may be torn at an 8-byte boundary.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, Recorder, TORN_SECTOR } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * recorder.run((function* (): Operation<void> {
 *   const bytes = new Uint8Array(24).fill(1); // three groups of 8 bytes, so two places to tear
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 * })());
 * const point = new CrashPoint(recorder.log, TORN_SECTOR, recorder.log.events.length - 1);
 * assertEquals(point.stateCount, 6n); // old, new, and at each place: old first, or new first
 * ```
 */
export const TORN_SECTOR: Preset = Object.freeze({
  ...SECTORS,
  name: "torn-sector",
  tears: true,
  summary: "as sectors, and one sector holds two versions, torn at an 8-byte boundary",
});

/**
 * As {@linkcode SECTORS}, and a write in flight may corrupt the aligned neighbourhood of `corruptionBytes`
 * bytes that it goes to. Throws `RangeError` unless that is a power of two from 512 to 16 MiB.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, neighbourCorruption, Recorder } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(4096) });
 * recorder.run((function* (): Operation<void> {
 *   const bytes = new Uint8Array(512).fill(1);
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 * })());
 * const inFlight = new CrashPoint(recorder.log, neighbourCorruption(4096), 0);
 * assertEquals(inFlight.stateCount, 6n); // old or new; nothing corrupted, noise, or zeroes
 * assertEquals(new CrashPoint(recorder.log, neighbourCorruption(4096), 1).stateCount, 2n); // completed
 * ```
 */
export function neighbourCorruption(corruptionBytes: number): Preset {
  if (
    !Number.isInteger(Math.log2(corruptionBytes)) || corruptionBytes < 512 ||
    corruptionBytes > 2 ** 24
  ) {
    throw new RangeError(
      `neighbour-corruption: ${corruptionBytes} must be a power of two from 512 to 16777216`,
    );
  }
  return Object.freeze({
    ...SECTORS,
    name: `neighbour-corruption(${corruptionBytes})`,
    corruptionBytes,
    summary: `as sectors, and a write in flight corrupts the ${corruptionBytes} bytes it goes to`,
  });
}

/**
 * As {@linkcode SECTORS}, but flushes do nothing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, LYING_FLUSH, Recorder } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * recorder.run((function* (): Operation<void> {
 *   const bytes = new Uint8Array(512).fill(1);
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 *   yield { kind: "flush", file: 0, scope: "data", label: "all so far" };
 * })());
 * const point = new CrashPoint(recorder.log, LYING_FLUSH, recorder.log.events.length - 1);
 * assertEquals(point.stateCount, 2n); // it may be lost all the same
 * ```
 */
export const LYING_FLUSH: Preset = Object.freeze({
  ...SECTORS,
  name: "lying-flush",
  flushesAreHonest: false,
  summary: "as sectors, and flushes do nothing",
});

/**
 * The presets that can be asked for by name; {@linkcode presetNamed} knows more.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PRESETS } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(PRESETS.sectors.unit, 512);
 * ```
 */
export const PRESETS: Readonly<Record<string, Preset>> = Object.freeze({
  ordered: ORDERED,
  writes: WRITES,
  sectors: SECTORS,
  blocks: BLOCKS,
  "torn-sector": TORN_SECTOR,
  "neighbour-corruption(4096)": neighbourCorruption(4096),
  "lying-flush": LYING_FLUSH,
});

/**
 * The presets that a careful format survives: disks that may lose, reorder and tear unflushed
 * writes, and nothing else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LYING_FLUSH, SURVIVABLE_PRESETS } from "@powercut/powercut/harness";
 *
 * assertEquals(SURVIVABLE_PRESETS.includes(LYING_FLUSH), false);
 * ```
 */
export const SURVIVABLE_PRESETS: readonly Preset[] = Object.freeze([
  ORDERED,
  WRITES,
  SECTORS,
  BLOCKS,
  TORN_SECTOR,
]);

/** The name of a preset that corrupts neighbours, and the name that earlier versions gave it. */
const CORRUPTION_NAME = /^(?:neighbour-corruption|destruction)\((\d{3,8})\)$/;

/**
 * The preset known as `name`: one of {@linkcode PRESETS}, or `neighbour-corruption(R)` with R in bytes,
 * which earlier versions called `destruction(R)`; undefined if there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { presetNamed } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(presetNamed("neighbour-corruption(65536)")?.corruptionBytes, 65536);
 * assertEquals(presetNamed("nonsense"), undefined);
 * ```
 */
export function presetNamed(name: string): Preset | undefined {
  if (Object.hasOwn(PRESETS, name)) return PRESETS[name];
  const radius = CORRUPTION_NAME.exec(name)?.[1];
  try {
    return radius === undefined ? undefined : neighbourCorruption(Number(radius));
  } catch {
    return undefined;
  }
}
