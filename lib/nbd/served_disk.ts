/** A place on the disk, or a length, in bytes: a bigint where a number would be rounded. */
export type ByteOffset = number | bigint;

/** A range of the disk and what is known of it. */
export interface DiskExtent {
  /** How long it is, in bytes; it starts where the one before it ends. */
  readonly lengthBytes: number;
  /** Whether no space is taken for it. */
  readonly isHole: boolean;
  /** Whether it reads as zeroes. */
  readonly isZero: boolean;
}

/**
 * What a server serves. Ranges that it is asked for are inside the disk, but for
 * {@linkcode ServedDisk.canGrow}. Requests come many at a time; what comes later and overlaps goes
 * behind. A request that fails rejects with the reason: an error with a `code` as the system has
 * them, or any other.
 */
export interface ServedDisk {
  /** Its size in bytes, now. */
  readonly sizeBytes: bigint;
  /** Whether it can be written. */
  readonly isWritable: boolean;
  /** Whether writes past the end make it larger. */
  readonly canGrow: boolean;
  /** Whether trimming does anything. */
  readonly canTrim: boolean;
  /** Whether a write may be asked to be durable when it is done; otherwise a flush has to follow. */
  readonly canForceWrites: boolean;
  /** In pieces of how many bytes, a power of two, it is best used. */
  readonly preferredBytes: number;
  /** Fill `into` from `offset` on. */
  read(offset: ByteOffset, into: Uint8Array): Promise<unknown>;
  /** Store `bytes`, which are not changed afterwards. */
  write(offset: ByteOffset, bytes: Uint8Array): Promise<unknown>;
  /** Make durable every write that was answered before, to whomever. */
  flush(): Promise<unknown>;
  /** The range is not needed any more. */
  trim(offset: ByteOffset, lengthBytes: number): Promise<unknown>;
  /** Have the range read as zeroes; it may take no space afterwards. */
  writeZeroes(offset: ByteOffset, lengthBytes: number): Promise<unknown>;
  /** Whether {@linkcode ServedDisk.writeZeroes} is certain to be quicker than writing. */
  zeroesFast(offset: ByteOffset, lengthBytes: number): boolean;
  /** What is known of the disk from `offset` on, in order. */
  extents(offset: ByteOffset): AsyncIterable<DiskExtent>;
}

/** A disk under a name. */
export interface NbdExport {
  /** The name that clients ask for. It is found without a name, too. */
  readonly name: string;
  /** A text for people. */
  readonly description: string;
  /** What it is. */
  readonly disk: ServedDisk;
}
