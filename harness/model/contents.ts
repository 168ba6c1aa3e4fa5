import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

export { SECTOR_BYTES };
/** The id of a sector full of zeroes, in every table. */
export const ZEROES = 0;

const WORDS = SECTOR_BYTES / 4;
/** Fewer contents than this (16 MiB) are not worth the trouble. */
const MIN_TO_DROP = 2 ** 15;

/**
 * Every different sector content that occurs, kept once and known by a small number, so that
 * contents are compared by comparing numbers. Id 0 is the sector of zeroes.
 */
export class Contents {
  /** The number of contents from which unused ones are dropped. */
  #enough: number;
  readonly #minToDrop: number;
  #arena = new Uint32Array(1024 * WORDS);
  #count = 1;
  readonly #byHash = new Map<number, number | number[]>();
  readonly #scratch = new Uint32Array(WORDS);
  readonly #scratchBytes = new Uint8Array(this.#scratch.buffer);

  /**
   * Start with the sector of zeroes. It is time to drop some ({@linkcode keepOnly}) when there are more than
   * `minToDrop`, and than twice as many as were kept last; with 0, always.
   */
  constructor(minToDrop: number = MIN_TO_DROP) {
    this.#minToDrop = this.#enough = minToDrop;
    this.#byHash.set(hash(this.#scratch), ZEROES);
  }

  /** How many different contents there are. */
  get size(): number {
    return this.#count;
  }

  /** The id of the sector at `offsetBytes` of `bytes`; bytes past its end count as zero. */
  idOf(bytes: Uint8Array, offsetBytes = 0): number {
    this.#load(bytes, offsetBytes);
    const key = hash(this.#scratch);
    const found = this.#find(key);
    if (found !== undefined) return found;
    const id = this.#count++;
    if (this.#count * WORDS > this.#arena.length) {
      const grown = new Uint32Array(2 * this.#arena.length);
      grown.set(this.#arena);
      this.#arena = grown;
    }
    this.#arena.set(this.#scratch, id * WORDS);
    this.#note(id, key);
    return id;
  }

  #note(id: number, key: number): void {
    const others = this.#byHash.get(key);
    if (others === undefined) this.#byHash.set(key, id);
    else this.#byHash.set(key, typeof others === "number" ? [others, id] : [...others, id]);
  }

  /** Whether there are enough contents to make dropping unused ones worthwhile. */
  get isLarge(): boolean {
    return this.#count > this.#enough;
  }

  /**
   * Drop all contents except these ids and the zeroes. Returns the new id of each old one; other
   * ids become invalid.
   */
  keepOnly(ids: Iterable<number>): ReadonlyMap<number, number> {
    const kept = [...new Set([ZEROES, ...ids])].sort((a, b) => a - b);
    this.#byHash.clear();
    const renumbered = new Map<number, number>();
    kept.forEach((id, now) => {
      // In this order no content is overwritten before it has moved.
      this.#arena.copyWithin(now * WORDS, id * WORDS, (id + 1) * WORDS);
      renumbered.set(id, now);
      this.#note(now, hash(this.#arena.subarray(now * WORDS, (now + 1) * WORDS)));
    });
    this.#count = kept.length;
    this.#enough = this.#minToDrop && Math.max(this.#minToDrop, 2 * this.#count);
    return renumbered;
  }

  /** Copy the contents known as `id` into `into` at `offsetBytes`. */
  copyTo(id: number, into: Uint8Array, offsetBytes = 0): void {
    into.set(this.bytesOf(id), offsetBytes);
  }

  /** The 512 bytes with this `id`; do not change them. */
  bytesOf(id: number): Uint8Array {
    return new Uint8Array(this.#arena.buffer, id * SECTOR_BYTES, SECTOR_BYTES);
  }

  /** Whether the sector that starts at `offsetBytes` of the bytes of `words` is the one known as `id`. */
  isAt(id: number, words: Uint32Array, offsetBytes: number): boolean {
    const arena = this.#arena;
    const start = id * WORDS;
    const from = offsetBytes >>> 2;
    for (let i = 0; i < WORDS; i++) if (arena[start + i] !== words[from + i]) return false;
    return true;
  }

  #load(bytes: Uint8Array, offsetBytes: number): void {
    const piece = bytes.subarray(offsetBytes, offsetBytes + SECTOR_BYTES);
    this.#scratchBytes.set(piece);
    if (piece.length < SECTOR_BYTES) this.#scratchBytes.fill(0, piece.length);
  }

  #find(key: number): number | undefined {
    const candidates = this.#byHash.get(key);
    if (candidates === undefined) return undefined;
    const isThis = (id: number) => this.isAt(id, this.#scratch, 0);
    if (typeof candidates === "number") return isThis(candidates) ? candidates : undefined;
    return candidates.find(isThis);
  }
}

function hash(words: Uint32Array): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) value = Math.imul(value ^ words[i], 0x01000193) ^ i;
  return value | 0;
}
