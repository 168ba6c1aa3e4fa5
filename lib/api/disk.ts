import type { Operation } from "../storage/mod.ts";

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
 * await assertRejects(() => image.resize(2 ** 20), ImageError, "shrinking was not asked for");
 * await image.resize(2 ** 20, { shrink: true });
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface ImageResizeOptions {
  /** Allow a smaller size; without it, a call that would shrink the disk is refused. */
  readonly shrink?: boolean;
}

/** What can be done to a disk, whatever it is stored in; ranges are inside the disk. */
export interface Disk {
  /** Fill `into` from `offset` on. */
  read(offset: bigint, into: Uint8Array): Operation<unknown>;
  /** Store `bytes` from `offset` on. */
  write(offset: bigint, bytes: Uint8Array): Operation<unknown>;
  /** Have a range read as zeroes. */
  writeZeroes(offset: bigint, lengthBytes: bigint): Operation<unknown>;
  /** A range is no longer needed. */
  discard(offset: bigint, lengthBytes: bigint): Operation<unknown>;
  /** Make durable what was acknowledged. */
  flush(): Operation<unknown>;
  /** Change the size. */
  resize(sizeBytes: bigint, options: ImageResizeOptions): Operation<unknown>;
  /** Finish everything, and leave nothing to be checked. */
  close(): Operation<unknown>;
}
