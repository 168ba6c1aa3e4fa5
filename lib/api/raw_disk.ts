import type { ImageChain, Layer } from "../chain/mod.ts";
import { ImageError } from "../qed/mod.ts";
import { Accesses, type AccessRange, accessRange, WHOLE_DISK } from "../storage/range_lock.ts";
import type { Operation } from "../storage/mod.ts";
import type { Disk, ImageResizeOptions } from "./disk.ts";

/** Zeroes to write, so many bytes at a time. */
const ZEROES = new Uint8Array(1 << 20);

/** A raw file as a disk: its requests keep the same order among each other as those of QED. */
export class RawDisk implements Disk {
  readonly #chain: ImageChain;
  readonly #layer: Layer;
  readonly #writable: boolean;
  readonly #accesses = new Accesses();

  /** The disk that the only file of `chain` is. */
  constructor(chain: ImageChain, writable: boolean) {
    this.#chain = chain;
    this.#layer = chain.top;
    this.#writable = writable;
  }

  /** Fill `into` from `offset` on. */
  read(offset: bigint, into: Uint8Array): Operation<unknown> {
    const range = accessRange(offset, into.length);
    return this.#holding(range, "read", () => this.#chain.reading(offset, into));
  }

  /** Store `bytes` from `offset` on. */
  write(offset: bigint, bytes: Uint8Array): Operation<unknown> {
    this.#assertWritable();
    const range = accessRange(offset, bytes.length);
    return this.#holding(range, "change", () => this.#chain.writing(offset, bytes));
  }

  /** Write zeroes, as far as the file goes. */
  writeZeroes(offset: bigint, lengthBytes: bigint): Operation<unknown> {
    this.#assertWritable();
    const range = accessRange(offset, lengthBytes);
    return this.#holding(range, "change", () => this.#zeroes(range));
  }

  /** A range is no longer needed; it stays as it is, since no holes are made. */
  // deno-lint-ignore require-yield
  *discard(_offset: bigint, _lengthBytes: bigint): Operation<void> {
    this.#assertWritable();
  }

  /** Make durable what was acknowledged. */
  flush(): Operation<unknown> {
    this.#assertWritable();
    return this.#chain.flushing();
  }

  /** Change the size of the file, durably. */
  resize(sizeBytes: bigint, { shrink }: ImageResizeOptions): Operation<unknown> {
    this.#assertWritable();
    if (sizeBytes < 0n || sizeBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new ImageError(`invalid size of a raw image: ${sizeBytes}`);
    }
    return this.#holding(WHOLE_DISK, "change", () => this.#resize(sizeBytes, shrink ?? false));
  }

  /** Finish everything. */
  close(): Operation<unknown> {
    return this.#holding(WHOLE_DISK, "change", () => this.#settle());
  }

  *#holding<T>(
    range: AccessRange,
    intent: "read" | "change",
    work: () => Operation<T>,
  ): Operation<T> {
    const access = this.#accesses.enter(range, intent);
    try {
      if (!access.isReady) yield { kind: "wait", turn: access, label: "overlapping request" };
      return yield* work();
    } finally {
      this.#accesses.leave(access);
    }
  }

  *#zeroes({ startBytes, endBytes }: AccessRange): Operation<void> {
    const { file } = this.#layer;
    // What is missing of the last sector reads as zeroes anyway.
    const end = Math.min(endBytes, this.#layer.fileBytes);
    for (let at = startBytes; at < end; at += ZEROES.length) {
      const bytes = ZEROES.subarray(0, Math.min(ZEROES.length, end - at));
      yield { kind: "write", file, offsetBytes: at, bytes, label: "data" };
    }
  }

  *#resize(wanted: bigint, shrink: boolean): Operation<void> {
    const { file, guestBytes } = this.#layer;
    if (wanted < guestBytes && !shrink) {
      throw new ImageError(
        `cannot shrink the image from ${guestBytes} to ${wanted} bytes: ` +
          "shrinking was not asked for",
      );
    }
    const sizeBytes = Number(wanted);
    yield { kind: "resize", file, sizeBytes, label: "new size" };
    yield { kind: "flush", file, scope: "data", label: "new size" };
    this.#layer.fileBytes = sizeBytes;
  }

  *#settle(): Operation<void> {
    if (this.#writable) yield* this.#chain.flushing() as Operation<void>;
  }

  #assertWritable(): void {
    if (!this.#writable) throw new ImageError("the image was opened read-only");
  }
}
