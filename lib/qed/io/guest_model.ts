/** Settings of a {@linkcode GuestModel}. */
export interface GuestModelOptions {
  /** The size of the disk in bytes. */
  readonly imageBytes: number;
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** The contents of the backing file, followed by zeroes; without it there is no backing file. */
  readonly backing?: Uint8Array | undefined;
  /** Whether the format has zero clusters; without them it cannot hide a backing file. */
  readonly hasZeroClusters: boolean;
}

/**
 * A model of a guest's disk, to compare an image with: plain bytes, and the set of clusters that
 * were written. It knows no tables.
 */
export class GuestModel {
  /** The guest's data. */
  readonly bytes: Uint8Array;
  readonly #options: GuestModelOptions;
  readonly #touched = new Set<number>();

  /** A disk that shows its backing file. */
  constructor(options: GuestModelOptions) {
    this.#options = options;
    this.bytes = new Uint8Array(options.imageBytes);
    this.#showBacking();
  }

  /** Empty the image: the disk shows its backing file. */
  reset(): void {
    this.bytes.fill(0);
    this.#showBacking();
    this.#touched.clear();
  }

  #showBacking(): void {
    const { backing, imageBytes } = this.#options;
    if (backing) this.bytes.set(backing.subarray(0, imageBytes));
  }

  /** Write bytes. */
  write(offsetBytes: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offsetBytes);
    this.touch(offsetBytes, bytes.length);
  }

  /** Write zeroes. */
  zero(offsetBytes: number, lengthBytes: number): void {
    this.write(offsetBytes, new Uint8Array(lengthBytes));
  }

  /**
   * Discard a range: a cluster reads as zeroes if the rest of it is zero, and if it was written or
   * there is no backing file. Returns the contents of the range afterwards.
   */
  discard(offsetBytes: number, lengthBytes: number): Uint8Array {
    const { clusterBytes, imageBytes, backing, hasZeroClusters } = this.#options;
    const end = offsetBytes + lengthBytes;
    for (let at = offsetBytes; at < end;) {
      const cluster = Math.floor(at / clusterBytes);
      const clusterEnd = Math.min((cluster + 1) * clusterBytes, imageBytes);
      const to = Math.min(end, clusterEnd);
      const rest = [
        this.bytes.subarray(cluster * clusterBytes, at),
        this.bytes.subarray(to, clusterEnd),
      ];
      const isOwn = !backing || (hasZeroClusters && this.#touched.has(cluster));
      if (isOwn && rest.every((part) => part.every((byte) => byte === 0))) {
        this.bytes.fill(0, at, to);
      }
      at = to;
    }
    return this.bytes.slice(offsetBytes, end);
  }

  /** Mark the clusters of a range as the image's own: written, or copied from the backing file. */
  touch(offsetBytes: number, lengthBytes: number): void {
    const { clusterBytes } = this.#options;
    for (
      let at = Math.floor(offsetBytes / clusterBytes);
      at * clusterBytes < offsetBytes + lengthBytes;
      at++
    ) {
      this.#touched.add(at);
    }
  }
}
