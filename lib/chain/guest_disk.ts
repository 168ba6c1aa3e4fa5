import type { Operation } from "../storage/mod.ts";
import type { ResizeOptions } from "../qed/mod.ts";

/**
 * The disk that a guest sees, in a raw file or in a QED image with its backing files. Each method
 * returns an operation for a driver. Operations that overlap run in the order in which they start,
 * unless all of them read. A range outside the disk is an {@linkcode ImageError}, and so is a
 * change of a disk that is open for reading only.
 */
export interface GuestDisk {
  /** The size in bytes. */
  readonly sizeBytes: bigint;
  /** Fill `into` from `offset` on. */
  read(offset: bigint, into: Uint8Array): Operation<void>;
  /** Store `bytes` from `offset` on. */
  write(offset: bigint, bytes: Uint8Array): Operation<void>;
  /** Make a range read as zeroes. */
  writeZeroes(offset: bigint, lengthBytes: bigint): Operation<void>;
  /** Give back the space of a range that the guest no longer needs, where that is possible. */
  discard(offset: bigint, lengthBytes: bigint): Operation<void>;
  /** Make every acknowledged write durable. */
  flush(): Operation<void>;
  /** Change the size, durably. A smaller size needs `shrink`. */
  resize(sizeBytes: bigint, options?: ResizeOptions): Operation<void>;
  /** Wait for earlier operations, make everything durable and mark the image clean. */
  close(): Operation<void>;
}
