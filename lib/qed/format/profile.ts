/**
 * Ordering profiles: the order in which the write path makes things durable, as frozen data.
 *
 * The rules of `strict`, and the reason for each:
 * - A partial cluster at the end of the file is cut off before the first allocation. Otherwise
 *   its stale bytes would appear in a cluster whose data never reached the disk.
 * - NEED_CHECK is durable before anything it protects, so that every crash is noticed.
 * - With a backing file, data is durable before the L2 entry: an entry whose data is lost would
 *   hide backing data with zeroes (specification, section Unallocated L2 tables and data clusters).
 *   NEED_CHECK is then unnecessary, since every entry points at complete data.
 * - A new L2 table is durable before its L1 entry (Hajnoczi, 8 September 2010 11:15).
 * - A freed cluster is reused only after a flush has made the change of its entry durable, and
 *   only if a new entry cannot expose its old contents (Liguori, 10 September 2010 13:39; see
 *   free_clusters.ts).
 *
 * @module
 */

/** The decisions of the write path that differ between implementations. */
export interface OrderingProfile {
  /** The name of the profile. */
  readonly name: string;
  /**
   * How to treat a file size that is not a multiple of the cluster size (Hajnoczi, 8 September).
   */
  readonly partialTail: "round-up" | "round-down" | "cut-off";
  /** Whether an allocation without backing file sets NEED_CHECK first, and flushes it. */
  readonly needCheck: "never" | "unordered" | "flushed";
  /** How the rest of a partial cluster is written: by separate writes, or by one with the data. */
  readonly fill: "separate" | "joined";
  /** Whether a partial write to a zero cluster copies the hidden backing data around it (a bug). */
  readonly fillsZeroesFromBacking: boolean;
  /** Whether data is flushed before the L2 entry when there is a backing file. */
  readonly flushesDataForBacking: boolean;
  /** Whether a new L2 table is flushed before its L1 entry. */
  readonly flushesNewL2Table: boolean;
  /** Whether the offsets of table entries are checked before they are used. */
  readonly verifiesOffsets: boolean;
  /** Whether closing flushes after it has cleared NEED_CHECK. */
  readonly flushesAfterClearing: boolean;
  /**
   * The number of freed clusters that are prepared for reuse together (see free_clusters.ts); 0 if
   * freed clusters are leaked.
   */
  readonly reuseBatchClusters: number;
  /** Whether in-place writes wait until a running repair has passed their L2 table. */
  readonly waitsForRepair: boolean;
}

/**
 * The default profile: survives every crash that leaves each sector with its old or new contents.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { STRICT } from "@powercut/powercut/lib";
 *
 * // A variant, to find out which crashes a flush protects from.
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
 * The order of QEMU's driver, derived from logs recorded from `qemu-io` (QEMU 7.2).
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
 * No ordering at all, for a new image that no other program can see yet and that is deleted if a
 * step fails. One flush at the end makes it durable.
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
 * The profiles by name.
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
