import type { ImageFormat } from "../chain/mod.ts";
import type { HeaderLayout, OrderingProfile, ProgressListener } from "../qed/mod.ts";
import type { Filter } from "../storage/mod.ts";
import type { StartTimer } from "../storage/idle_timer.ts";

/** A place on the guest's disk, or a length, in bytes: a bigint where a number is too coarse. */
export type ByteCount = number | bigint;

/**
 * When a dirty image, one that was not closed, is checked and repaired. `first`: before anything
 * else, {@linkcode Image.open} waits for it. `background`: while the image is in use already.
 */
export type CheckTime = "first" | "background";

/**
 * How to open an image.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Image, type ImageOpenOptions } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await (await Image.create(path, { sizeBytes: 2 ** 30 })).close();
 *
 * const options: ImageOpenOptions = { writable: true, check: "background", idleMs: 1000 };
 * await using image = await Image.open(path, options);
 * assertEquals(await image.checked, undefined); // it was clean
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface ImageOpenOptions {
  /** Open for writing; otherwise nothing is ever written. */
  readonly writable?: boolean;
  /**
   * The format; found out from the first bytes if not given. To write to a raw image it must be
   * named: what a guest writes to its first sector could make it look like another format.
   */
  readonly format?: ImageFormat;
  /** Read the header under this layout only. */
  readonly layout?: HeaderLayout;
  /** The order in which writes reach the disk; `STRICT` if not given. */
  readonly profile?: OrderingProfile;
  /** When a dirty image that is opened for writing is checked; `first` if not given. */
  readonly check?: CheckTime;
  /** Told how far that check is. */
  readonly onCheckProgress?: ProgressListener;
  /** How many L2 tables to keep in memory; 50 if not given. */
  readonly l2CacheTables?: number;
  /** The most requests to files on their way at any time; 32 if not given. */
  readonly maxInFlight?: number;
  /** Read the files even if somebody else writes them: what is read may not fit together. */
  readonly ignoresLocks?: boolean;
  /** Store what is read from the backing file in the image too, which must be writable. */
  readonly copiesOnRead?: boolean;
  /**
   * After how many milliseconds without an allocating write the image is made clean, so that a
   * crash needs no check; 5000 if not given, as in QEMU. `Infinity`: only when it is closed.
   */
  readonly idleMs?: number;
  /** Starts the timer for that; the system's if not given. */
  readonly startTimer?: StartTimer;
  /**
   * What stands between the image, once it is open, and its files: who looks on, or spoils requests
   * on purpose. The image is in slot 0, what is behind it in the slots from 1 on.
   */
  readonly filters?: readonly Filter[];
}

/**
 * What a new image is like, and how it is opened then; it is always writable.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Image } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using image = await Image.create(path, { sizeBytes: 2n ** 50n, clusterBytes: 2 ** 20 });
 * assertEquals([image.sizeBytes, image.clusterBytes], [2n ** 50n, 2 ** 20]);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface ImageCreateOptions extends Omit<ImageOpenOptions, "writable" | "check"> {
  /**
   * The size of the guest's disk in bytes, a multiple of 512 (rfc layout: of the cluster size).
   * That of the backing file if not given.
   */
  readonly sizeBytes?: ByteCount;
  /** Bytes of a cluster, a power of two from 4 KiB to 64 MiB; 64 KiB if not given. */
  readonly clusterBytes?: number;
  /** Clusters of a table, a power of two from 1 to 16; 4 if not given. */
  readonly tableClusters?: number;
  /** The backing file. */
  readonly backing?: ImageBacking;
  /** Replace what has the name already; otherwise that is refused. */
  readonly overwrites?: boolean;
}

/**
 * A backing file, as a new image refers to it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Image } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * Deno.writeFileSync(`${folder}/base.raw`, new Uint8Array(512).fill(7));
 * const backing = { name: "base.raw", format: "raw" } as const;
 * await using image = await Image.create(path, { backing });
 * assertEquals(await image.read(0, 2), new Uint8Array([7, 7]));
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface ImageBacking {
  /** Its name as stored in the image: a relative one starts from the image's folder. */
  readonly name: string;
  /** Its format, which is not guessed. */
  readonly format: ImageFormat;
}

/**
 * What repairing an image does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Image } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using image = await Image.create(path, { sizeBytes: 2 ** 30 });
 * const { leaksFixed } = await image.repair({ leaks: true, onProgress: console.log });
 * assertEquals(leaksFixed, 0);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface ImageRepairOptions {
  /** Also give back clusters that nothing refers to. */
  readonly leaks?: boolean;
  /** Told how far it is. */
  readonly onProgress?: ProgressListener;
}

/**
 * How a disk's size is changed.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Image, ImageError } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using image = await Image.create(path, { sizeBytes: 2 ** 30 });
 * await assertRejects(() => image.resize(2 ** 20), ImageError, "shrinking was not requested");
 * await image.resize(2 ** 20, { shrink: true });
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface ImageResizeOptions {
  /** Allow a smaller size; without it, a call that would shrink the disk is refused. */
  readonly shrink?: boolean;
}
