import type { ByteStream } from "./byte_stream.ts";

/** Pieces smaller than this are sent together, so that many replies take one system call. */
const SMALL_BYTES = 2 ** 16;
const BATCH_BYTES = 2 ** 18;
/** The memory overhead of a piece, which limits the number of small ones. */
const PIECE_COST_BYTES = 256;

/**
 * The bytes to send to the peer, in order. Adding never waits, so callers must limit
 * {@linkcode Outbox.heldBytes}, the memory of data that the peer has not received yet.
 */
export class Outbox {
  readonly #stream: ByteStream;
  readonly #onProgress: () => void;
  #queue: Uint8Array[] = [];
  #heldBytes = 0;
  #pumping: Promise<void> | undefined;
  #failure: unknown;

  /** Write to `stream`; `onProgress` is called when data was sent, or cannot be sent any more. */
  constructor(stream: ByteStream, onProgress: () => void) {
    this.#stream = stream;
    this.#onProgress = onProgress;
  }

  /** The memory of data that the peer has not received yet, in bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether sending has failed. */
  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Send `bytes`, which must not change afterwards. Small pieces of the same turn are sent
   * together.
   */
  add(bytes: Uint8Array): void {
    if (this.isBroken) return;
    this.#queue.push(bytes);
    this.#heldBytes += bytes.length + PIECE_COST_BYTES;
    this.#pumping ??= this.#pump();
  }

  /** Wait until everything is sent. Throws the error of the stream. */
  async drained(): Promise<void> {
    await this.#pumping;
    if (this.isBroken) throw this.#failure;
  }

  async #pump(): Promise<void> {
    // Wait for other replies of this turn.
    await Promise.resolve();
    try {
      while (this.#queue.length > 0) {
        const [batch, heldBytes] = this.#takeBatch();
        for (let done = 0; done < batch.length;) {
          done += await this.#stream.write(done === 0 ? batch : batch.subarray(done));
        }
        this.#heldBytes -= heldBytes;
        this.#onProgress();
      }
    } catch (error) {
      this.#failure = error;
      this.#queue = [];
      this.#heldBytes = 0;
      this.#onProgress();
    } finally {
      this.#pumping = undefined;
    }
  }

  /** The next pieces as one batch, a large piece by itself, and the memory counted for them. */
  #takeBatch(): [batch: Uint8Array, heldBytes: number] {
    let count = 0;
    let total = 0;
    for (const { length } of this.#queue) {
      if (count > 0 && (length >= SMALL_BYTES || total + length > BATCH_BYTES)) break;
      count++;
      total += length;
      if (length >= SMALL_BYTES) break;
    }
    const pieces = this.#queue.splice(0, count);
    const heldBytes = total + count * PIECE_COST_BYTES;
    if (count === 1) return [pieces[0], heldBytes];
    const batch = new Uint8Array(total);
    let at = 0;
    for (const piece of pieces) {
      batch.set(piece, at);
      at += piece.length;
    }
    return [batch, heldBytes];
  }
}
