/** An offset on the disk, or a length, in bytes: a bigint if a number cannot be exact. */
export type ByteOffset = number | bigint;

/** A range of the disk with the same state. */
export interface DiskExtent {
  /** The length in bytes; the range starts at the end of the one before it. */
  readonly lengthBytes: number;
  /** Whether the range takes no space. */
  readonly isHole: boolean;
  /** Whether the range reads as zeroes. */
  readonly isZero: boolean;
}

/**
 * A disk to serve. The server checks that ranges are inside the disk, except for
 * {@linkcode ServedDisk.canGrow}. Many requests run at once; those that overlap run in the order in
 * which they come. A failed request rejects with an error of the system, with its `code`, or any
 * other error.
 */
export interface ServedDisk {
  /** The current size in bytes. */
  readonly sizeBytes: bigint;
  /** Whether the disk accepts writes. */
  readonly isWritable: boolean;
  /** Whether writes past the end extend the disk. */
  readonly canGrow: boolean;
  /** Whether trim has an effect. */
  readonly canTrim: boolean;
  /** Whether clients may request durable writes (FUA); otherwise they send flushes. */
  readonly canForceWrites: boolean;
  /** The preferred block size in bytes, a power of two. */
  readonly preferredBytes: number;
  /** Fill `into` from `offset` on. */
  read(offset: ByteOffset, into: Uint8Array): Promise<unknown>;
  /** Write `bytes`, which do not change afterwards. */
  write(offset: ByteOffset, bytes: Uint8Array): Promise<unknown>;
  /** Make durable every write that was acknowledged before, to any client. */
  flush(): Promise<unknown>;
  /** Discard a range that is no longer needed. */
  trim(offset: ByteOffset, lengthBytes: number): Promise<unknown>;
  /** Make a range read as zeroes; it may take no space afterwards. */
  writeZeroes(offset: ByteOffset, lengthBytes: number): Promise<unknown>;
  /** Whether {@linkcode ServedDisk.writeZeroes} is certainly faster than a write. */
  zeroesFast(offset: ByteOffset, lengthBytes: number): boolean;
  /** The extents of the disk from `offset` on, in order. */
  extents(offset: ByteOffset): AsyncIterable<DiskExtent>;
}

/** A disk with a name. */
export interface NbdExport {
  /** The name for clients; an empty name selects the export too. */
  readonly name: string;
  /** A description for people. */
  readonly description: string;
  /** The disk. */
  readonly disk: ServedDisk;
}
