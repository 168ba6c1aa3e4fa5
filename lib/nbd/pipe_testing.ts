import type { ByteStream } from "./byte_stream.ts";

/** The capacity of a pipe in bytes; a writer waits if it is full, as with a socket. */
const CAPACITY_BYTES = 2 ** 16;

/** One direction of a {@linkcode connectedPair}. */
class Pipe {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isClosed = false;
  #wakeUp: (() => void)[] = [];

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#bytes === 0 && !this.#isClosed) await this.#change();
    if (this.#bytes === 0) return null;
    const [piece] = this.#pieces;
    const count = Math.min(piece.length, into.length);
    into.set(piece.subarray(0, count));
    if (count === piece.length) this.#pieces.shift();
    else this.#pieces[0] = piece.subarray(count);
    this.#bytes -= count;
    this.#changed();
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.#bytes >= CAPACITY_BYTES && !this.#isClosed) await this.#change();
    if (this.#isClosed) throw new Deno.errors.BrokenPipe();
    const count = Math.min(bytes.length, CAPACITY_BYTES - this.#bytes);
    if (count > 0) this.#pieces.push(bytes.slice(0, count));
    this.#bytes += count;
    this.#changed();
    return count;
  }

  close(): void {
    this.#isClosed = true;
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wakeUp.push(resolve));
  }

  #changed(): void {
    for (const go of this.#wakeUp.splice(0)) go();
  }
}

/** Both ends of a connection in memory, with a limited buffer like a socket. */
export function connectedPair(): [ByteStream, ByteStream] {
  const [there, back] = [new Pipe(), new Pipe()];
  const end = (incoming: Pipe, outgoing: Pipe): ByteStream => ({
    read: (into) => incoming.read(into),
    write: (bytes) => outgoing.write(bytes),
    close() {
      incoming.close();
      outgoing.close();
    },
  });
  return [end(back, there), end(there, back)];
}
