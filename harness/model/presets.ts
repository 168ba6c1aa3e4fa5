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

/** Any prefix of the writes, whole: a disk that does everything in order. */
export const ORDERED: Preset = Object.freeze({
  name: "ordered",
  unit: "write",
  ordered: true,
  summary: "whole writes, a prefix of the order in which they were issued",
});

/** Any subset of the writes, whole. */
export const WRITES: Preset = Object.freeze({
  name: "writes",
  unit: "write",
  ordered: false,
  summary: "whole writes, any subset",
});

/** Each 512-byte sector on its own. The default. */
export const SECTORS: Preset = Object.freeze({
  name: "sectors",
  unit: 512,
  ordered: false,
  summary: "each 512-byte sector on its own, old or any version since",
});

/** Each 4 KiB block on its own. */
export const BLOCKS: Preset = Object.freeze({
  name: "blocks",
  unit: 4096,
  ordered: false,
  summary: "each 4 KiB block on its own, old or any version since",
});

/** The presets that can be asked for by name. */
export const PRESETS: Readonly<Record<string, Preset>> = Object.freeze({
  ordered: ORDERED,
  writes: WRITES,
  sectors: SECTORS,
  blocks: BLOCKS,
});
