import type { Block, Buffers } from "../format/buffers.ts";

/** log2 of the number of clusters in one chunk: at most 8 MiB of memory for 4 TiB at 64 KiB. */
export const CHUNK_BITS = 26;
const CHUNK_CLUSTERS = 2 ** CHUNK_BITS;

/**
 * A set of clusters of a file, one bit each. A chunk of the bitmap is allocated when the first of
 * its clusters is added, so memory depends on the clusters that a file references, not on its size.
 */
export class ClusterSet {
  readonly #buffers: Buffers;
  readonly #chunks: (Block | undefined)[] = [];
  readonly #chunkBytes: number;
  #count = 0;

  /** A set for clusters 0 to `clusterCount - 1`. */
  constructor(clusterCount: number, buffers: Buffers) {
    this.#buffers = buffers;
    this.#chunkBytes = Math.ceil(Math.min(clusterCount, CHUNK_CLUSTERS) / 32) * 4;
  }

  /** The number of clusters in the set. */
  get size(): number {
    return this.#count;
  }

  /** Add a cluster; false if it is in the set already. */
  add(clusterIndex: number): boolean {
    const words = this.chunk(Math.floor(clusterIndex / CHUNK_CLUSTERS));
    const inChunk = clusterIndex % CHUNK_CLUSTERS;
    const bit = 1 << (inChunk & 31);
    if ((words[inChunk >>> 5] & bit) !== 0) return false;
    words[inChunk >>> 5] |= bit;
    this.#count++;
    return true;
  }

  /** Remove a cluster. */
  delete(clusterIndex: number): void {
    if (!this.has(clusterIndex)) return;
    const inChunk = clusterIndex % CHUNK_CLUSTERS;
    this.chunk(Math.floor(clusterIndex / CHUNK_CLUSTERS))[inChunk >>> 5] &= ~(1 << (inChunk & 31));
    this.#count--;
  }

  /**
   * The bits of a chunk, for a hot loop that sets them itself instead of calling
   * {@linkcode ClusterSet.add}, and then calls {@linkcode ClusterSet.countAdded}.
   */
  chunk(chunkIndex: number): Uint32Array {
    return (this.#chunks[chunkIndex] ??= this.#buffers.take(this.#chunkBytes)).words;
  }

  /** Count clusters whose bits were set in {@linkcode ClusterSet.chunk}. */
  countAdded(clusterCount: number): void {
    this.#count += clusterCount;
  }

  /** Whether a cluster is in the set. */
  has(clusterIndex: number): boolean {
    const words = this.#chunks[Math.floor(clusterIndex / CHUNK_CLUSTERS)]?.words;
    if (!words) return false;
    const inChunk = clusterIndex % CHUNK_CLUSTERS;
    return (words[inChunk >>> 5] & (1 << (inChunk & 31))) !== 0;
  }

  /** The highest cluster in the set, or -1. */
  highest(): number {
    for (let chunkIndex = this.#chunks.length - 1; chunkIndex >= 0; chunkIndex--) {
      const words = this.#chunks[chunkIndex]?.words;
      if (!words) continue;
      for (let word = words.length - 1; word >= 0; word--) {
        if (words[word] === 0) continue;
        return chunkIndex * CHUNK_CLUSTERS + word * 32 + 31 - Math.clz32(words[word]);
      }
    }
    return -1;
  }
}
