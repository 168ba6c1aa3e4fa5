import { MAX_TEXT_BYTES } from "./protocol.ts";

const DECODER = new TextDecoder("utf-8", { fatal: true });

/** The data of an option is malformed. */
export class OptionDataError extends Error {
  /** The name of this kind of error. */
  override readonly name = "OptionDataError";
}

/**
 * Parses the data of an option. Each call throws {@linkcode OptionDataError} for malformed data.
 */
export class OptionData {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  /** Start at the first byte. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** A 16-bit number. */
  uint16(): number {
    return this.#view.getUint16(this.#pass(2));
  }

  /** A 32-bit number. */
  uint32(): number {
    return this.#view.getUint32(this.#pass(4));
  }

  /** A text, preceded by its length. */
  text(): string {
    return this.#decode(this.uint32());
  }

  /** A text up to the end. */
  rest(): string {
    return this.#decode(this.#bytes.length - this.#at);
  }

  /** Assert that no data is left. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new OptionDataError(`${left} bytes too many`);
  }

  #decode(length: number): string {
    if (length > MAX_TEXT_BYTES) throw new OptionDataError(`a text of ${length} bytes`);
    const start = this.#pass(length);
    try {
      return DECODER.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw new OptionDataError("a text that is not UTF-8");
    }
  }

  #pass(length: number): number {
    if (this.#at + length > this.#bytes.length) throw new OptionDataError("it ends too soon");
    this.#at += length;
    return this.#at - length;
  }
}
