import type { Block } from "./buffers.ts";
import type { Digest } from "../../storage/digest.ts";
import { ENTRY_BYTES } from "./layout.ts";
import { SECTOR_BYTES } from "../../storage/sector.ts";

/** The maximum number of stripes of a table; one bit each tells which of them may have entries. */
const MAX_STRIPES = 32;
/** The number of entries that are scanned together; no stripe is smaller. */
const GROUP_ENTRIES = 8;
const GROUP_WORDS = 2 * GROUP_ENTRIES;

/**
 * An L1 or L2 table in memory: 64-bit little-endian offsets, kept as pairs of 32-bit words.
 *
 * Entries are returned as numbers. Entries from 2^53 on are rounded, which is harmless: no file is
 * that long, so they stay invalid.
 */
export class Table {
  /** The memory of the table. */
  readonly block: Block;
  /** Where the table is in the file, in bytes. */
  offsetBytes: number;
  /**
   * A bit for each stripe, clear if the stripe is known to be empty; undefined before it is needed.
   */
  #stripes: number | undefined;
  /** log2 of the words of a stripe. */
  readonly #stripeBits: number;

  /** A table over `block`, which is (or will be) at `offsetBytes` of the file. */
  constructor(block: Block, offsetBytes: number) {
    this.block = block;
    this.offsetBytes = offsetBytes;
    const min = Math.max(GROUP_WORDS, block.words.length / MAX_STRIPES);
    this.#stripeBits = 32 - Math.clz32(min - 1);
  }

  /** Note that the table was read: `movedBytes` of it are in the file, and the rest is zero. */
  endRead(movedBytes: number): void {
    if (movedBytes < this.block.bytes.length) this.block.bytes.fill(0, movedBytes);
    this.noteRefilled();
  }

  /** Note that its memory changed other than by {@linkcode Table.setEntry}. */
  noteRefilled(): void {
    this.#stripes = undefined;
  }

  /** The entry at `index`, in bytes from the start of the file or a special value. */
  entry(index: number): number {
    const words = this.block.words;
    return words[2 * index + 1] * 0x1_0000_0000 + words[2 * index];
  }

  /** Set the entry at `index`. */
  setEntry(index: number, value: number): void {
    const words = this.block.words;
    words[2 * index] = value % 0x1_0000_0000;
    words[2 * index + 1] = value / 0x1_0000_0000;
    if (this.#stripes !== undefined) this.#stripes |= 1 << (2 * index >>> this.#stripeBits);
  }

  /**
   * The first index from `from` on whose entry is not zero, or the number of entries. Tables are
   * mostly empty and scanned several times, so the empty stripes are cached.
   */
  nextUsed(from: number): number {
    const stripes = this.#stripes ?? this.#findStripes();
    const bits = this.#stripeBits;
    const end = this.block.words.length;
    for (let word = 2 * from; word < end;) {
      const ahead = stripes & (-1 << (word >>> bits));
      if (ahead === 0) break;
      const stripe = 31 - Math.clz32(ahead & -ahead);
      const stop = Math.min(end, (stripe + 1) << bits);
      word = this.#nextUsedWord(Math.max(word, stripe << bits), stop);
      if (word < stop) return word >>> 1;
    }
    return end >>> 1;
  }

  /** Find the stripes with entries. This reads the whole table, 64 bits at a time. */
  #findStripes(): number {
    const { bytes, numbers } = this.block;
    const entries = numbers ??
      new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.length / ENTRY_BYTES);
    const stripeEntries = (1 << this.#stripeBits) / 2;
    let stripes = 0;
    for (let start = 0, bit = 1; start < entries.length; start += stripeEntries, bit <<= 1) {
      const stop = Math.min(entries.length, start + stripeEntries);
      let i = start;
      while (i < stop && isEmptyGroup(entries, i)) i += GROUP_ENTRIES;
      if (i < stop) stripes |= bit;
    }
    return this.#stripes = stripes;
  }

  /**
   * The first word from `word` on of an entry that is not zero, or `end`, a multiple of sixteen.
   * The loops are kept simple because they must be fast.
   */
  #nextUsedWord(word: number, end: number): number {
    const words = this.block.words;
    // First one entry at a time up to a multiple of eight, then eight at a time, then one at a
    // time.
    while ((word & 15) !== 0 && (words[word] | words[word + 1]) === 0) word += 2;
    if ((word & 15) !== 0) return word;
    while (word < end && areEmptyWords(words, word)) word += GROUP_WORDS;
    while (word < end && (words[word] | words[word + 1]) === 0) word += 2;
    return word;
  }

  /** Add all entries to `digest`. */
  digestInto(digest: Digest): void {
    const words = this.block.words;
    let { a, b } = digest;
    for (let i = this.nextUsed(0); 2 * i < words.length; i = this.nextUsed(i + 1)) {
      const low = words[2 * i];
      const high = words[2 * i + 1];
      a = Math.imul(Math.imul(a ^ i, 0x01000193) ^ low, 0x01000193) ^ high;
      b = Math.imul(Math.imul(b + i, 0x5bd1e995) + low, 0x5bd1e995) + (high ^ (b >>> 15)) | 0;
    }
    digest.a = a;
    digest.b = b;
    digest.mix(words.length);
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
  sectorRange(index: number, count: number): { offsetBytes: number; bytes: Uint8Array } {
    const first = Math.floor(index * ENTRY_BYTES / SECTOR_BYTES) * SECTOR_BYTES;
    const end = Math.ceil((index + count) * ENTRY_BYTES / SECTOR_BYTES) * SECTOR_BYTES;
    return {
      offsetBytes: this.offsetBytes + first,
      bytes: this.block.bytes.subarray(first, end),
    };
  }

  /**
   * The number of entries from `index` on, at most `max`, that continue the first one: the same
   * special value, or offsets that each follow the one before by `clusterBytes`.
   */
  extentLength(index: number, max: number, clusterBytes: number): number {
    const first = this.entry(index);
    const step = first > 1 ? clusterBytes : 0;
    let count = 1;
    while (count < max && this.entry(index + count) === first + count * step) count++;
    return count;
  }
}

/** Whether the eight entries from `i` on are zero. */
function isEmptyGroup(entries: BigInt64Array, i: number): boolean {
  const all = entries[i] | entries[i + 1] | entries[i + 2] | entries[i + 3] |
    entries[i + 4] | entries[i + 5] | entries[i + 6] | entries[i + 7];
  return BigInt.asIntN(64, all) === 0n;
}

/** Whether the eight entries from the word at `word` on are zero. */
function areEmptyWords(words: Uint32Array, word: number): boolean {
  return (words[word] | words[word + 1] | words[word + 2] | words[word + 3] |
    words[word + 4] | words[word + 5] | words[word + 6] | words[word + 7] |
    words[word + 8] | words[word + 9] | words[word + 10] | words[word + 11] |
    words[word + 12] | words[word + 13] | words[word + 14] | words[word + 15]) === 0;
}
