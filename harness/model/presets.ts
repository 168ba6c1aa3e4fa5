/**
 * The fault model: what may be on disk after a crash.
 *
 * A crash can come after any event of the write log. What the log made durable is there. Beyond
 * that, for each atomic unit touched since it was last made durable, the disk holds the durable
 * version or any version written since, where a version is what a reader of the unit would have
 * seen after that write. Units are independent: that covers writes that are dropped, reordered,
 * and torn between units, all at once. A preset says what the unit is and whether order holds.
 *
 * The size of the file is a variable of its own: any size the file had since its last durable
 * size. Bytes past the size that persisted are lost; bytes inside it that never reached the disk
 * read as zeroes. So size may persist without data, and data without size is lost. (Under
 * `ordered` the size is the one that belongs to the prefix.) Cutting a file off is a change of
 * size and a write of zeroes over what was cut off, each of which may persist without the other.
 *
 * Not modelled here: bytes mixed within a unit, damage next to a write, flushes that lie, errors
 * while running, and rot of what was durable.
 *
 * @module
 */

/** A fault model by name, as frozen data. */
export interface Preset {
  /** The name it is asked for by. */
  readonly name: string;
  /** What persists as a whole: a piece of this many bytes, or a write request. */
  readonly unit: number | "write";
  /** Whether writes persist only in the order in which they were issued. */
  readonly ordered: boolean;
  /** One line for reports. */
  readonly summary: string;
}

/**
 * Any prefix of the writes, whole: a disk that does everything in order.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CrashPoint, ORDERED, Recorder } from "@powercut/powercut/harness";
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
 * import { CrashPoint, Recorder, WRITES } from "@powercut/powercut/harness";
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
 * import { CrashPoint, Recorder, SECTORS } from "@powercut/powercut/harness";
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
 * import { BLOCKS, CrashPoint, Recorder } from "@powercut/powercut/harness";
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
  name: "blocks",
  unit: 4096,
  ordered: false,
  summary: "each 4 KiB block on its own, old or any version since",
});

/**
 * The presets that can be asked for by name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PRESETS } from "@powercut/powercut/harness";
 *
 * assertEquals(PRESETS.sectors.unit, 512);
 * ```
 */
export const PRESETS: Readonly<Record<string, Preset>> = Object.freeze({
  ordered: ORDERED,
  writes: WRITES,
  sectors: SECTORS,
  blocks: BLOCKS,
});
