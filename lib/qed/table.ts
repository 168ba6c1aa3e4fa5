import type { Block } from "./buffers.ts";
import { ENTRY_BYTES, SECTOR_BYTES } from "./layout.ts";

/**
 * An L1 or L2 table in memory: 64-bit little-endian offsets, kept as pairs of 32-bit words.
 *
 * An entry is handed out as a number. Entries of 2^53 and above are rounded, which is harmless:
 * no file is that long, so they stay invalid.
 */
export class Table {
  /** The memory of the table. */
  readonly block: Block;
  /** Where the table is in the file, in bytes. */
  offsetBytes: number;

  /** A table over `block`, which is (or will be) at `offsetBytes` of the file. */
  constructor(block: Block, offsetBytes: number) {
    this.block = block;
    this.offsetBytes = offsetBytes;
  }

  /** The entry at `index`, in bytes from the start of the file or a special value. */
  entry(index: number): number {
    const words = this.block.words;
    return words[2 * index + 1] * 0x1_0000_0000 + words[2 * index];
  }

  /** Put `value` at `index`. */
  setEntry(index: number, value: number): void {
    const words = this.block.words;
    words[2 * index] = value % 0x1_0000_0000;
    words[2 * index + 1] = value / 0x1_0000_0000;
  }

  /**
   * The first index from `from` on whose entry is not zero, or the number of entries. Tables are
   * mostly empty, so this is the loop that scans them; it stays this plain to stay this fast.
   */
  nextUsed(from: number): number {
    const words = this.block.words;
    const end = words.length;
    let word = 2 * from;
    // Up to a multiple of eight entries one by one, then eight at a time, then to the one.
    while ((word & 15) !== 0 && (words[word] | words[word + 1]) === 0) word += 2;
    if ((word & 15) !== 0) return word >>> 1;
    while (word < end && isEmptyGroup(words, word)) word += 16;
    while (word < end && (words[word] | words[word + 1]) === 0) word += 2;
    return word >>> 1;
  }

  /** A short string that equals another table's exactly when (but for 2^-64) all entries do. */
  digest(): string {
    const words = this.block.words;
    let a = 0x811c9dc5;
    let b = 0x2545f491;
    for (let i = this.nextUsed(0); 2 * i < words.length; i = this.nextUsed(i + 1)) {
      const low = words[2 * i];
      const high = words[2 * i + 1];
      a = Math.imul(Math.imul(a ^ i, 0x01000193) ^ low, 0x01000193) ^ high;
      b = Math.imul(Math.imul(b + i, 0x5bd1e995) + low, 0x5bd1e995) + (high ^ (b >>> 15));
    }
    return `${a >>> 0}.${b >>> 0}`;
  }

  /** All 64 bits of the entry at `index`, for messages. */
  exactEntry(index: number): bigint {
    const words = this.block.words;
    return BigInt(words[2 * index + 1]) << 32n | BigInt(words[2 * index]);
  }

  /** Where the entry at `index` is in the file, in bytes. */
  entryOffsetBytes(index: number): number {
    return this.offsetBytes + index * ENTRY_BYTES;
  }

  /** The whole sectors of the table that hold `count` entries from `index` on. */
  sectorsOf(index: number, count: number): { offsetBytes: number; bytes: Uint8Array } {
    const first = Math.floor(index * ENTRY_BYTES / SECTOR_BYTES) * SECTOR_BYTES;
    const end = Math.ceil((index + count) * ENTRY_BYTES / SECTOR_BYTES) * SECTOR_BYTES;
    return {
      offsetBytes: this.offsetBytes + first,
      bytes: this.block.bytes.subarray(first, end),
    };
  }

  /**
   * How many entries from `index` on, `most` at the most, go on like the first: all the same
   * special value, or offsets that follow each other at `clusterBytes`.
   */
  runLength(index: number, most: number, clusterBytes: number): number {
    const first = this.entry(index);
    const step = first > 1 ? clusterBytes : 0;
    let count = 1;
    while (count < most && this.entry(index + count) === first + count * step) count++;
    return count;
  }
}

/** Whether the eight entries from the one at `word` on are zero; `word` is a multiple of 16. */
export function isEmptyGroup(words: Uint32Array, word: number): boolean {
  return (words[word] | words[word + 1] | words[word + 2] | words[word + 3] |
    words[word + 4] | words[word + 5] | words[word + 6] | words[word + 7] |
    words[word + 8] | words[word + 9] | words[word + 10] | words[word + 11] |
    words[word + 12] | words[word + 13] | words[word + 14] | words[word + 15]) === 0;
}
