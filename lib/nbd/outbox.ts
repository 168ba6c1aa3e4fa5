import type { ByteStream } from "./byte_stream.ts";

/** Pieces smaller than this are put together, so that many replies take one system call. */
const SMALL_BYTES = 2 ** 16;
const BATCH_BYTES = 2 ** 18;

/**
 * What goes to a client, in order. Adding never waits; {@linkcode Outbox.queuedBytes} says how much
 * the client has not taken yet, and whoever adds has to look.
 */
export class Outbox {
  readonly #stream: ByteStream;
  readonly #onProgress: () => void;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #pumping: Promise<void> | undefined;
  #failure: unknown;

  /** Write to `stream`; `onProgress` is called when something was taken, or never will be. */
  constructor(stream: ByteStream, onProgress: () => void) {
    this.#stream = stream;
    this.#onProgress = onProgress;
  }

  /** How many bytes the client has not taken yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether nothing can be sent any more. */
  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /** Send `bytes`, which must not change afterwards. What comes in the same turn goes along. */
  add(bytes: Uint8Array): void {
    if (this.isBroken) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#pumping ??= this.#pump();
  }

  /** Wait until all is taken. Throws what the stream threw. */
  async drained(): Promise<void> {
    await this.#pumping;
    if (this.isBroken) throw this.#failure;
  }

  async #pump(): Promise<void> {
    // Replies that are made in this turn are to go together.
    await Promise.resolve();
    try {
      while (this.#queue.length > 0) {
        const batch = this.#takeBatch();
        for (let done = 0; done < batch.length;) {
          done += await this.#stream.write(done === 0 ? batch : batch.subarray(done));
        }
        this.#queuedBytes -= batch.length;
        this.#onProgress();
      }
    } catch (error) {
      this.#failure = error;
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#onProgress();
    } finally {
      this.#pumping = undefined;
    }
  }

  /** The next pieces as one: alone if it is large. */
  #takeBatch(): Uint8Array {
    let count = 0;
    let total = 0;
    for (const { length } of this.#queue) {
      if (count > 0 && (length >= SMALL_BYTES || total + length > BATCH_BYTES)) break;
      count++;
      total += length;
      if (length >= SMALL_BYTES) break;
    }
    const pieces = this.#queue.splice(0, count);
    if (count === 1) return pieces[0];
    const batch = new Uint8Array(total);
    let at = 0;
    for (const piece of pieces) {
      batch.set(piece, at);
      at += piece.length;
    }
    return batch;
  }
}
