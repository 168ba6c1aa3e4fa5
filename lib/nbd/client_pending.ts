import { NbdRequestError } from "./client_error.ts";
import { EXTENT_FLAG } from "./protocol.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { DiskExtent } from "./served_disk.ts";

/** A range of the bytes that a read asks for. */
interface Part {
  readonly start: number;
  readonly end: number;
}

/** A request that the server has not answered in full. */
export class PendingRequest {
  /** The request in words: `read 512 bytes at 0`. */
  readonly description: string;
  /** Where the data of a read go; undefined for other requests. */
  readonly into: Uint8Array | undefined;
  /** Resolves once it is answered in full. Rejects with why it failed. */
  readonly done: Promise<readonly DiskExtent[]>;
  readonly #settle: PromiseWithResolvers<readonly DiskExtent[]>;
  readonly #startBytes: bigint;
  readonly #parts: Part[] = [];
  readonly #extents: DiskExtent[] = [];
  #error: NbdRequestError | undefined;

  /** A request for a range from `startBytes` on. */
  constructor(description: string, startBytes: bigint, into?: Uint8Array) {
    this.description = description;
    this.into = into;
    this.#startBytes = startBytes;
    this.#settle = Promise.withResolvers();
    this.done = this.#settle.promise;
  }

  /**
   * Where the next `lengthBytes` of a structured reply belong, which start at `offset` of the disk. Throws
   * {@linkcode ProtocolError} if nobody asked for them, or they came before.
   */
  part(offset: bigint, lengthBytes: number): Uint8Array {
    const start = Number(offset - this.#startBytes);
    const end = start + lengthBytes;
    const { into } = this;
    if (!into || lengthBytes === 0 || start < 0 || end > into.length) {
      throw this.#breach(`${lengthBytes} bytes at ${offset}, which nobody asked for`);
    }
    if (this.#parts.some((part) => start < part.end && part.start < end)) {
      throw this.#breach(`the bytes at ${offset} twice`);
    }
    this.#parts.push({ start, end });
    return into.subarray(start, end);
  }

  /** Note a range that the server describes, with the flags of the allocation context. */
  addExtent(lengthBytes: number, flags: number): void {
    if (lengthBytes === 0) throw this.#breach("an extent of no bytes");
    this.#extents.push({
      lengthBytes,
      isHole: (flags & EXTENT_FLAG.HOLE) !== 0,
      isZero: (flags & EXTENT_FLAG.ZERO) !== 0,
    });
  }

  /** Note an error that the server reports; the first one counts. */
  addError(value: number, text = ""): void {
    if (value === 0) throw this.#breach("an error that is none");
    this.#error ??= new NbdRequestError(this.description, value, text);
  }

  /** The whole of a simple reply has come. */
  finishSimple(): void {
    if (this.#error) this.#settle.reject(this.#error);
    else this.#settle.resolve([]);
  }

  /** The last chunk has come. Throws {@linkcode ProtocolError} if a part of the data has not. */
  finishChunks(): void {
    const count = this.#parts.reduce((sum, { start, end }) => sum + end - start, 0);
    if (!this.#error && this.into && count < this.into.length) {
      throw this.#breach(`${count} of ${this.into.length} bytes`);
    }
    if (this.#error) this.#settle.reject(this.#error);
    else this.#settle.resolve(this.#extents);
  }

  /** It will never be answered. */
  fail(error: Error): void {
    this.#settle.reject(error);
  }

  #breach(sent: string): ProtocolError {
    return new ProtocolError(`the server answers '${this.description}' with ${sent}`);
  }
}
