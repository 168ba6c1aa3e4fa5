import { assertInside, ImageError, type ResizeOptions } from "../qed/mod.ts";
import { accessRange, RangeLock, WHOLE_DISK, withRangeLock } from "../storage/range_lock.ts";
import type { Operation } from "../storage/mod.ts";
import type { GuestDisk } from "./guest_disk.ts";
import type { Layer } from "./layer.ts";

/** The zeroes of one write. */
const ZEROES = new Uint8Array(1 << 20);

/** The lock of an operation that runs alone. */
const EXCLUSIVE = { range: WHOLE_DISK, intent: "change" } as const;

/** A raw file as a disk. Its operations have the same order among each other as those of QED. */
export class RawDisk implements GuestDisk {
  readonly #layer: Layer;
  readonly #writable: boolean;
  readonly #lock = new RangeLock();

  /** The disk in the raw file `layer`. */
  constructor(layer: Layer, writable: boolean) {
    this.#layer = layer;
    this.#writable = writable;
  }

  /** The size in bytes: that of the file, up to a whole sector. */
  get sizeBytes(): bigint {
    return this.#layer.guestBytes;
  }

  /** Fill `into` from `offset` on. */
  read(offset: bigint, into: Uint8Array): Operation<void> {
    const range = accessRange(offset, into.length);
    return withRangeLock(this.#lock, { range, intent: "read" }, this.#read(offset, into));
  }

  *#read(offset: bigint, into: Uint8Array): Operation<void> {
    assertInside(offset, into.length, this.sizeBytes);
    const { file } = this.#layer;
    const offsetBytes = Number(offset);
    const moved = yield { kind: "read", file, offsetBytes, into, label: "data" };
    into.fill(0, moved);
  }

  /** Store `bytes` from `offset` on. */
  write(offset: bigint, bytes: Uint8Array): Operation<void> {
    const range = accessRange(offset, bytes.length);
    return withRangeLock(this.#lock, { range, intent: "change" }, this.#write(offset, bytes));
  }

  *#write(offset: bigint, bytes: Uint8Array): Operation<void> {
    this.#assertWritable();
    assertInside(offset, bytes.length, this.sizeBytes);
    const { file } = this.#layer;
    yield { kind: "write", file, offsetBytes: Number(offset), bytes, label: "data" };
  }

  /** Write zeroes, as far as the file goes. */
  writeZeroes(offset: bigint, lengthBytes: bigint): Operation<void> {
    const range = accessRange(offset, lengthBytes);
    return withRangeLock(
      this.#lock,
      { range, intent: "change" },
      this.#writeZeroes(offset, lengthBytes),
    );
  }

  *#writeZeroes(offset: bigint, lengthBytes: bigint): Operation<void> {
    this.#assertWritable();
    assertInside(offset, lengthBytes, this.sizeBytes);
    const { file, fileBytes } = this.#layer;
    // The rest of the last sector reads as zeroes anyway.
    const end = Math.min(Number(offset + lengthBytes), fileBytes);
    for (let at = Number(offset); at < end; at += ZEROES.length) {
      const bytes = ZEROES.subarray(0, Math.min(ZEROES.length, end - at));
      yield { kind: "write", file, offsetBytes: at, bytes, label: "data" };
    }
  }

  /** Nothing changes: the file keeps the space of the range. */
  // deno-lint-ignore require-yield
  *discard(offset: bigint, lengthBytes: bigint): Operation<void> {
    this.#assertWritable();
    assertInside(offset, lengthBytes, this.sizeBytes);
  }

  /** Make every acknowledged write durable. */
  *flush(): Operation<void> {
    this.#assertWritable();
    yield { kind: "flush", file: this.#layer.file, scope: "data", label: "guest" };
  }

  /** Change the size of the file, durably; with `shrink` the bytes past a smaller size are lost. */
  resize(sizeBytes: bigint, options: ResizeOptions = {}): Operation<void> {
    return withRangeLock(this.#lock, EXCLUSIVE, this.#resize(sizeBytes, options));
  }

  *#resize(newBytes: bigint, { shrink }: ResizeOptions): Operation<void> {
    this.#assertWritable();
    const { file, guestBytes } = this.#layer;
    if (newBytes < 0n || newBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new ImageError(`invalid size of a raw image: ${newBytes}`);
    }
    if (newBytes < guestBytes && !shrink) {
      throw new ImageError(
        `cannot shrink the image from ${guestBytes} to ${newBytes} bytes: ` +
          "shrinking was not requested",
      );
    }
    const sizeBytes = Number(newBytes);
    yield { kind: "resize", file, sizeBytes, label: "new size" };
    yield { kind: "flush", file, scope: "data", label: "new size" };
    this.#layer.fileBytes = sizeBytes;
  }

  /** Wait for earlier operations, and flush a file that is open for writing. */
  close(): Operation<void> {
    return withRangeLock(this.#lock, EXCLUSIVE, this.#close());
  }

  *#close(): Operation<void> {
    if (this.#writable) yield* this.flush();
  }

  #assertWritable(): void {
    if (!this.#writable) throw new ImageError("the image was opened read-only");
  }
}
