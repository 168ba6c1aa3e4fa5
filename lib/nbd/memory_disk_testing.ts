import type { ByteOffset, DiskExtent, ServedDisk } from "./served_disk.ts";

const BLOCK_BYTES = 4096;

/** A disk in memory that records its requests. */
export class MemoryDisk implements ServedDisk {
  /** The contents. */
  bytes: Uint8Array;
  /** The requests in order: `read 0 512`. */
  readonly asked: string[] = [];
  /** Each request waits for this promise. */
  gate: Promise<void> = Promise.resolve();
  /** The error that each request throws, if set. */
  failure: unknown;
  isWritable = true;
  canGrow = false;
  canTrim = true;
  canForceWrites = true;
  preferredBytes = BLOCK_BYTES;

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  get sizeBytes(): bigint {
    return BigInt(this.bytes.length);
  }

  async read(offset: ByteOffset, into: Uint8Array): Promise<void> {
    await this.#begin(`read ${offset} ${into.length}`);
    into.set(this.bytes.subarray(Number(offset), Number(offset) + into.length));
  }

  async write(offset: ByteOffset, bytes: Uint8Array): Promise<void> {
    await this.#begin(`write ${offset} ${bytes.length}`);
    const end = Number(offset) + bytes.length;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(end);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(bytes, Number(offset));
  }

  flush(): Promise<void> {
    return this.#begin("flush");
  }

  trim(offset: ByteOffset, lengthBytes: number): Promise<void> {
    return this.#begin(`trim ${offset} ${lengthBytes}`);
  }

  async writeZeroes(offset: ByteOffset, lengthBytes: number): Promise<void> {
    await this.#begin(`zero ${offset} ${lengthBytes}`);
    this.bytes.fill(0, Number(offset), Number(offset) + lengthBytes);
  }

  zeroesFast(offset: ByteOffset): boolean {
    return Number(offset) % BLOCK_BYTES === 0;
  }

  /** One extent for each block; blocks of zeroes are holes. */
  async *extents(offset: ByteOffset): AsyncGenerator<DiskExtent> {
    await this.#begin(`extents ${offset}`);
    for (let at = Number(offset); at < this.bytes.length; at += BLOCK_BYTES) {
      const block = this.bytes.subarray(at, at + BLOCK_BYTES);
      const isZero = block.every((byte) => byte === 0);
      yield { lengthBytes: block.length, isHole: isZero, isZero };
    }
  }

  async #begin(what: string): Promise<void> {
    this.asked.push(what);
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
  }
}
