import type { ByteStream } from "./byte_stream.ts";

/** The size of the buffer of a connection, in bytes: room for many requests. */
const BUFFER_BYTES = 2 ** 18;

/** The connection has ended. */
export class StreamEndError extends Error {
  /** The name of this kind of error. */
  override readonly name = "StreamEndError";
}

/** Reads pieces of known sizes from the peer with as few system calls as possible. */
export class ByteReader {
  readonly #stream: ByteStream;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  #start = 0;
  #end = 0;

  /** Read from `stream`. */
  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** The number of bytes available without waiting. */
  get available(): number {
    return this.#end - this.#start;
  }

  /** The next `length` bytes, which must be available. They are valid until the next read. */
  take(length: number): DataView {
    this.#start += length;
    return new DataView(this.#buffer.buffer, this.#start - length, length);
  }

  /** Skip `length` available bytes, and return their position in {@linkcode ByteReader.view}. */
  pass(length: number): number {
    this.#start += length;
    return this.#start - length;
  }

  /** The whole buffer, for positions that {@linkcode ByteReader.pass} returns. */
  get view(): DataView {
    return this.#view;
  }

  /**
   * Wait until `length` bytes, which must fit the buffer, are available. Throws
   * {@linkcode StreamEndError}.
   */
  async need(length: number): Promise<void> {
    while (this.available < length) {
      this.#makeRoom();
      this.#end += await this.#read(this.#buffer.subarray(this.#end));
    }
  }

  /** A copy of the next `length` bytes if all of them are available; otherwise undefined. */
  copyAtOnce(length: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.available < length) return undefined;
    this.#start += length;
    return this.#buffer.slice(this.#start - length, this.#start);
  }

  /**
   * The next `length` bytes in new memory; bytes that are not available yet are read directly into
   * it.
   */
  async copy(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    await this.fill(bytes);
    return bytes;
  }

  /** Fill `into` with the next bytes: those that are not buffered are read directly into it. */
  async fill(into: Uint8Array): Promise<void> {
    const there = Math.min(into.length, this.available);
    into.set(this.#buffer.subarray(this.#start, this.#start + there));
    this.#start += there;
    for (let done = there; done < into.length;) done += await this.#read(into.subarray(done));
  }

  /** Skip `length` bytes, as many as the peer sends. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      if (this.available === 0) await this.need(1);
      const count = Math.min(left, this.available);
      this.#start += count;
      left -= count;
    }
  }

  #makeRoom(): void {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  async #read(into: Uint8Array): Promise<number> {
    const count = await this.#stream.read(into);
    if (count === null) throw new StreamEndError("the other side has closed the connection");
    return count;
  }
}
