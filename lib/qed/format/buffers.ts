/** Memory seen as bytes and, the same memory, as little-endian 32-bit words. */
export interface Block {
  /** All of the block. */
  readonly bytes: Uint8Array;
  /** The same memory as words. */
  readonly words: Uint32Array;
  /** The same memory as 64-bit numbers, if available. */
  readonly numbers?: BigInt64Array;
}

/**
 * The allocator of an image's memory. A harness that opens the same image a million times uses a
 * pool, everything else {@linkcode FRESH_BUFFERS}.
 */
export interface Buffers {
  /**
   * A block of `sizeBytes` zero bytes; `sizeBytes` is a multiple of 4. A block that the caller will
   * overwrite completely before reading it may hold any bytes.
   */
  take(sizeBytes: number, use?: "overwritten"): Block;
}

if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) {
  throw new Error("buffers: tables are read in place, which needs a little-endian machine");
}

function newBlock(sizeBytes: number): Block {
  const bytes = new Uint8Array(sizeBytes);
  const numbers = new BigInt64Array(bytes.buffer, 0, Math.floor(sizeBytes / 8));
  return { bytes, words: new Uint32Array(bytes.buffer), numbers };
}

/**
 * Allocates new memory every time, for the garbage collector to free.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FRESH_BUFFERS } from "@powercut/powercut/lib";
 *
 * const { bytes, words } = FRESH_BUFFERS.take(8);
 * words[1] = 1;
 * assertEquals(bytes, new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0]));
 * ```
 */
export const FRESH_BUFFERS: Buffers = { take: newBlock };

/**
 * Reuses its blocks after each {@linkcode BufferPool.recycle}. The caller of that guarantees that
 * images opened before are not used any more.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BufferPool } from "@powercut/powercut/lib";
 *
 * const pool = new BufferPool();
 * const block = pool.take(512);
 * pool.recycle();
 * assertEquals(pool.take(512) === block, true);
 * ```
 */
export class BufferPool implements Buffers {
  readonly #bySize = new Map<number, { blocks: Block[]; taken: number }>();

  /** A block of `sizeBytes` zero bytes, or of any bytes if it is to be overwritten. */
  take(sizeBytes: number, use?: "overwritten"): Block {
    let shelf = this.#bySize.get(sizeBytes);
    if (!shelf) this.#bySize.set(sizeBytes, shelf = { blocks: [], taken: 0 });
    if (shelf.taken === shelf.blocks.length) shelf.blocks.push(newBlock(sizeBytes));
    else if (use !== "overwritten") shelf.blocks[shelf.taken].bytes.fill(0);
    return shelf.blocks[shelf.taken++];
  }

  /** Make all blocks free. */
  recycle(): void {
    for (const shelf of this.#bySize.values()) shelf.taken = 0;
  }
}
