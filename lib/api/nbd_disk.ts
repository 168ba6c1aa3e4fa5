import type { Image } from "./image.ts";
import type { ByteOffset, DiskExtent, ServedDisk } from "../nbd/served_disk.ts";

/** What a raw image is best used in pieces of, and the most that is said of any image. */
const RAW_PREFERRED_BYTES = 4096;
const MAX_PREFERRED_BYTES = 2 ** 20;

/** An image, with what is behind it, as a disk to be served. Whoever made it closes the image. */
export class ImageDisk implements ServedDisk {
  /** Whether it can be written. */
  readonly isWritable: boolean;
  /** It has the size that it has. */
  readonly canGrow = false;
  /** Whether trimming does anything: raw images stay as they are. */
  readonly canTrim: boolean;
  /** A write that has to be durable is followed by a flush. */
  readonly canForceWrites: boolean;
  /** Its clusters. */
  readonly preferredBytes: number;
  readonly #image: Image;

  /**
   * Serve `image`. Without `canForceWrites` clients have to send flushes of their own, which then are
   * no more than what they needed.
   */
  constructor(
    image: Image,
    options: { readonly isWritable: boolean; readonly canForceWrites: boolean },
  ) {
    this.#image = image;
    this.isWritable = options.isWritable;
    this.canForceWrites = options.canForceWrites;
    this.canTrim = image.format === "qed";
    this.preferredBytes = Math.min(
      image.clusterBytes ?? RAW_PREFERRED_BYTES,
      MAX_PREFERRED_BYTES,
    );
  }

  /** Its size in bytes. */
  get sizeBytes(): bigint {
    return this.#image.sizeBytes;
  }

  /** Fill `into` from `offset` on. */
  read(offset: ByteOffset, into: Uint8Array): Promise<unknown> {
    return this.#image.read(offset, into);
  }

  /** Store `bytes` from `offset` on. */
  write(offset: ByteOffset, bytes: Uint8Array): Promise<unknown> {
    return this.#image.write(offset, bytes);
  }

  /** Make durable every write that was answered. */
  flush(): Promise<unknown> {
    return this.isWritable ? this.#image.flush() : Promise.resolve();
  }

  /** Give back what whole clusters there are in the range. */
  trim(offset: ByteOffset, lengthBytes: number): Promise<unknown> {
    return this.#image.discard(offset, lengthBytes);
  }

  /** Whole clusters become zero clusters, the rest is written. */
  writeZeroes(offset: ByteOffset, lengthBytes: number): Promise<unknown> {
    return this.#image.writeZeroes(offset, lengthBytes);
  }

  /** Whether the range is whole clusters of an image that has zero clusters. */
  zeroesFast(offset: ByteOffset, lengthBytes: number): boolean {
    const { clusterBytes, layout, sizeBytes } = this.#image;
    if (clusterBytes === undefined || layout !== "final") return false;
    const cluster = BigInt(clusterBytes);
    const end = BigInt(offset) + BigInt(lengthBytes);
    return BigInt(offset) % cluster === 0n && (end % cluster === 0n || end === sizeBytes);
  }

  /** Where clusters are, and where zeroes. */
  async *extents(offset: ByteOffset): AsyncGenerator<DiskExtent> {
    for await (const { lengthBytes, data, zero } of this.#image.map({ start: offset })) {
      yield { lengthBytes: Number(lengthBytes), isHole: !data, isZero: zero };
    }
  }
}
