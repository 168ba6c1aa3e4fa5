import type { Image } from "./image.ts";
import type { ByteOffset, DiskExtent, ServedDisk } from "../nbd/served_disk.ts";

/** The preferred block size of a raw image, and the maximum that is reported for any image. */
const RAW_PREFERRED_BYTES = 4096;
const MAX_PREFERRED_BYTES = 2 ** 20;

/**
 * Serves an image, including its backing files, by NBD: see `NbdServer` of
 * `@powercut/powercut/lib/nbd`. The caller closes the image.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Image, ImageDisk } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using image = await Image.create(path, { sizeBytes: 2 ** 30 });
 * const disk = new ImageDisk(image, { isWritable: true, canForceWrites: true });
 * assertEquals([disk.sizeBytes, disk.preferredBytes], [2n ** 30n, 65536]);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export class ImageDisk implements ServedDisk {
  /** Whether it can be written. */
  readonly isWritable: boolean;
  /** The size is fixed. */
  readonly canGrow = false;
  /** Whether trim has an effect: raw images do not change. */
  readonly canTrim: boolean;
  /** Whether clients may send FUA, for which a write is followed by a flush. */
  readonly canForceWrites: boolean;
  /** The size of a cluster, up to a maximum. */
  readonly preferredBytes: number;
  readonly #image: Image;

  /**
   * Serve `image`. Without `canForceWrites` clients send flushes instead of FUA, so that a recorded
   * log shows only the flushes that they need.
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

  /** Make durable every write that was acknowledged. */
  flush(): Promise<unknown> {
    return this.isWritable ? this.#image.flush() : Promise.resolve();
  }

  /** Discard the range. */
  trim(offset: ByteOffset, lengthBytes: number): Promise<unknown> {
    return this.#image.discard(offset, lengthBytes);
  }

  /** Write zeroes; whole clusters become zero clusters. */
  writeZeroes(offset: ByteOffset, lengthBytes: number): Promise<unknown> {
    return this.#image.writeZeroes(offset, lengthBytes);
  }

  /** Whether the range consists of whole clusters of an image with zero clusters. */
  zeroesFast(offset: ByteOffset, lengthBytes: number): boolean {
    const { clusterBytes, layout, sizeBytes } = this.#image;
    if (clusterBytes === undefined || layout !== "final") return false;
    const cluster = BigInt(clusterBytes);
    const end = BigInt(offset) + BigInt(lengthBytes);
    return BigInt(offset) % cluster === 0n && (end % cluster === 0n || end === sizeBytes);
  }

  /** The extents of the image. */
  async *extents(offset: ByteOffset): AsyncGenerator<DiskExtent> {
    for await (const { lengthBytes, data, zero } of this.#image.map({ start: offset })) {
      yield { lengthBytes: Number(lengthBytes), isHole: !data, isZero: zero };
    }
  }
}
