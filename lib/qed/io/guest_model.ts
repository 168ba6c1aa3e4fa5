/** What a guest's disk is like. */
export interface GuestModelOptions {
  /** Its size in bytes. */
  readonly imageBytes: number;
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** What the backing file holds; zeroes follow. None if not given. */
  readonly backing?: Uint8Array | undefined;
  /** Whether the format has zero clusters; without them a backing file can't be hidden. */
  readonly hasZeroClusters: boolean;
}

/**
 * A guest's disk as plain bytes, and what is promised of each request: the model that tests compare
 * an image with. It knows of clusters which were touched, and nothing of tables.
 */
export class GuestModel {
  /** What the guest sees. */
  readonly bytes: Uint8Array;
  readonly #options: GuestModelOptions;
  readonly #touched = new Set<number>();

  /** A disk that shows its backing file. */
  constructor(options: GuestModelOptions) {
    this.#options = options;
    this.bytes = new Uint8Array(options.imageBytes);
    this.#showBacking();
  }

  /** The image is emptied: the disk shows its backing file. */
  reset(): void {
    this.bytes.fill(0);
    this.#showBacking();
    this.#touched.clear();
  }

  #showBacking(): void {
    const { backing, imageBytes } = this.#options;
    if (backing) this.bytes.set(backing.subarray(0, imageBytes));
  }

  /** The guest writes. */
  write(offsetBytes: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offsetBytes);
    this.touch(offsetBytes, bytes.length);
  }

  /** The guest writes zeroes. */
  zero(offsetBytes: number, lengthBytes: number): void {
    this.write(offsetBytes, new Uint8Array(lengthBytes));
  }

  /**
   * The guest discards: a cluster reads as zeroes if nothing but zeroes is left in it, and if it
   * was ever its own rather than the backing file's. Answers what the range then holds.
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

  /** Clusters of the range become the image's own: written, or copied from the backing file. */
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
