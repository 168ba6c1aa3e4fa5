import type { ImageFormat } from "../chain/mod.ts";
import type { HeaderLayout, OrderingProfile, ProgressListener } from "../qed/mod.ts";
import type { Filter } from "../storage/mod.ts";
import type { StartTimer } from "../storage/idle_timer.ts";

/** An offset on the guest's disk, or a length, in bytes: a bigint if a number cannot be exact. */
export type ByteCount = number | bigint;

/**
 * When a dirty image, which was not closed, is checked and repaired. `first`:
 * {@linkcode Image.open} waits for the repair. `background`: the repair runs while the image is in
 * use.
 */
export type CheckTime = "first" | "background";

/**
 * Options to open an image.
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
  /** Open for writing; by default nothing is ever written. */
  readonly writable?: boolean;
  /**
   * The format; detected from the first bytes by default. To write to a raw image the format must
   * be given: a guest could write another format's magic to its first sector.
   */
  readonly format?: ImageFormat;
  /** Read the header under this layout only. */
  readonly layout?: HeaderLayout;
  /** The ordering profile; `STRICT` by default. */
  readonly profile?: OrderingProfile;
  /** When to repair a dirty image that is opened for writing; `first` by default. */
  readonly check?: CheckTime;
  /** Called with the progress of that check. */
  readonly onCheckProgress?: ProgressListener;
  /** The number of L2 tables to keep in memory; 50 by default. */
  readonly l2CacheTables?: number;
  /** Maximum number of requests to files in flight; 32 by default. */
  readonly maxInFlight?: number;
  /** Read the files even if another process writes them; the data may be inconsistent. */
  readonly ignoresLocks?: boolean;
  /** Copy data that is read from the backing file into the image, which must be writable. */
  readonly copiesOnRead?: boolean;
  /**
   * The time without allocating writes, in milliseconds, after which the image is marked clean, so
   * that a crash needs no check; 5000 by default, as in QEMU. `Infinity`: only when it is closed.
   */
  readonly idleMs?: number;
  /** Starts the timer for that; by default a timer of the system. */
  readonly startTimer?: StartTimer;
  /**
   * Filters between the open image and its files, for tracing or fault injection. The image is in
   * slot 0, its backing files are in the slots from 1 on.
   */
  readonly filters?: readonly Filter[];
}

/**
 * Options to create and open an image; it is always writable.
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
   * The size of the guest's disk in bytes, a multiple of 512 (rfc layout: of the cluster size). By
   * default that of the backing file.
   */
  readonly sizeBytes?: ByteCount;
  /** Bytes of a cluster, a power of two from 4 KiB to 64 MiB; 64 KiB by default. */
  readonly clusterBytes?: number;
  /** Clusters of a table, a power of two from 1 to 16; 4 by default. */
  readonly tableClusters?: number;
  /** The backing file. */
  readonly backing?: ImageBacking;
  /** Replace an existing file; by default that is an error. */
  readonly overwrites?: boolean;
}

/**
 * A reference to a backing file in a new image.
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
  /** The name as stored in the image; a relative name is relative to the folder of the image. */
  readonly name: string;
  /** The format, which is not detected. */
  readonly format: ImageFormat;
}

/**
 * Options of a repair.
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
  /** Also reclaim leaked clusters. */
  readonly leaks?: boolean;
  /** Called with the progress. */
  readonly onProgress?: ProgressListener;
}

/**
 * Options of a resize.
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
  /** Allow a smaller size; by default shrinking is an error. */
  readonly shrink?: boolean;
}
