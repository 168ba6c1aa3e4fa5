/**
 * Ordering profiles: in which order the write path lets things reach the disk, as frozen data.
 *
 * The rules that `strict` keeps, and why each is there:
 * - Before the first allocation a torn cluster at the end of the file is cut off, or its stale
 *   bytes would show through in a cluster whose data never arrived.
 * - NEED_CHECK is durable before anything it protects; a crash is then always noticed.
 * - With a backing file data is durable before the L2 entry: an entry whose data is lost would
 *   hide backing data behind zeroes (specification, section Unallocated L2 tables and data
 *   clusters). NEED_CHECK is not needed then: an entry never points at what is not there.
 * - A new L2 table is durable before its L1 entry (Hajnoczi, 8 September 2010 11:15).
 * - A cluster that was freed is used again when a flush has made that durable, and holds nothing
 *   old that a new entry could show (Liguori, 10 September 2010 13:39; see free_clusters.ts).
 *
 * @module
 */

/** The decisions of the write path that differ between implementations. */
export interface OrderingProfile {
  /** The name the profile is asked for by. */
  readonly name: string;
  /** How a file size that is no multiple of the cluster size is taken (Hajnoczi, 8 September). */
  readonly partialTail: "round-up" | "round-down" | "cut-off";
  /** Whether NEED_CHECK is set before an allocation without backing file, and made durable. */
  readonly needCheck: "never" | "unordered" | "flushed";
  /** Partial clusters: filled by writes of their own, or one write with the data. */
  readonly fill: "separate" | "joined";
  /** Whether a partial write to a zero cluster is filled up with what the zeroes hide (a bug). */
  readonly fillsZeroesFromBacking: boolean;
  /** Flush between data and L2 entry when there is a backing file. */
  readonly flushesDataForBacking: boolean;
  /** Flush between a new L2 table and its L1 entry. */
  readonly flushesNewL2Table: boolean;
  /** Whether table entries are checked before they are followed. */
  readonly verifiesOffsets: boolean;
  /** Whether closing ends with a flush after NEED_CHECK was cleared. */
  readonly flushesAfterClearing: boolean;
  /**
   * How many freed clusters are made ready for reuse together (see free_clusters.ts); 0 if freed
   * clusters are not used again, but leaked.
   */
  readonly reuseBatchClusters: number;
  /** Beside a repair, whether in-place writes wait until it has passed their L2 table. */
  readonly waitsForRepair: boolean;
}

/**
 * Ours: survives every crash that leaves sectors old or new. The default.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { STRICT } from "@powercut/powercut/lib";
 *
 * // A variant, for a harness to find out what a flush is good for.
 * const variant = { ...STRICT, name: "no flush", flushesNewL2Table: false };
 * assertEquals([STRICT.flushesNewL2Table, variant.flushesNewL2Table], [true, false]);
 * ```
 */
export const STRICT: OrderingProfile = Object.freeze({
  name: "strict",
  partialTail: "cut-off",
  needCheck: "flushed",
  fill: "joined",
  fillsZeroesFromBacking: false,
  flushesDataForBacking: true,
  flushesNewL2Table: true,
  verifiesOffsets: true,
  flushesAfterClearing: true,
  reuseBatchClusters: 16,
  waitsForRepair: true,
});

/**
 * The order of QEMU's driver, taken from logs recorded from `qemu-io` (QEMU 7.2).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { QEMU } from "@powercut/powercut/lib";
 *
 * assertEquals(QEMU.needCheck, "unordered"); // set, but not flushed before what it protects
 * ```
 */
export const QEMU: OrderingProfile = Object.freeze({
  name: "qemu",
  partialTail: "round-down",
  needCheck: "unordered",
  fill: "separate",
  fillsZeroesFromBacking: true,
  flushesDataForBacking: true,
  flushesNewL2Table: true,
  verifiesOffsets: true,
  flushesAfterClearing: true,
  reuseBatchClusters: 0,
  waitsForRepair: true,
});

/**
 * The patch as posted on 6 September 2010: no NEED_CHECK, no check of offsets, sizes rounded up.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RFC } from "@powercut/powercut/lib";
 *
 * assertEquals([RFC.needCheck, RFC.verifiesOffsets], ["never", false]);
 * ```
 */
export const RFC: OrderingProfile = Object.freeze({
  name: "rfc",
  partialTail: "round-up",
  needCheck: "never",
  fill: "separate",
  fillsZeroesFromBacking: false,
  flushesDataForBacking: false,
  flushesNewL2Table: true,
  verifiesOffsets: false,
  flushesAfterClearing: false,
  reuseBatchClusters: 0,
  waitsForRepair: true,
});

/**
 * For writing an image that nobody else can see yet and that is thrown away if anything fails: no
 * ordering at all. One flush at the end makes it durable.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { closeImage, createImage, MemoryStorage, openImage, runSync, UNORDERED } from "@powercut/powercut/lib";
 *
 * const files = [new MemoryStorage()];
 * runSync(createImage({ imageBytes: 2 ** 30 }), files);
 * const image = runSync(openImage({ writable: true, profile: UNORDERED }), files);
 * // ... fill it ...
 * runSync(closeImage(image), files);
 * assertEquals(image.needsCheck, false);
 * ```
 */
export const UNORDERED: OrderingProfile = Object.freeze({
  name: "unordered",
  partialTail: "cut-off",
  needCheck: "never",
  fill: "joined",
  fillsZeroesFromBacking: false,
  flushesDataForBacking: false,
  flushesNewL2Table: false,
  verifiesOffsets: true,
  flushesAfterClearing: false,
  reuseBatchClusters: 0,
  waitsForRepair: true,
});

/**
 * The profiles that can be asked for by name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PROFILES } from "@powercut/powercut/lib";
 *
 * assertEquals(Object.keys(PROFILES), ["strict", "qemu", "rfc"]);
 * ```
 */
export const PROFILES: Readonly<Record<string, OrderingProfile>> = Object.freeze({
  strict: STRICT,
  qemu: QEMU,
  rfc: RFC,
});
