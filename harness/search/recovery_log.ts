import type { Request } from "../../lib/storage/mod.ts";
import type { Preset } from "../model/presets.ts";

/** A change that recovery made to the file. */
export interface RecoveryWrite {
  /** Its event in the recovery's log, in which a write and a flush have two events each. */
  readonly event: number;
  /** Where it goes, in bytes. */
  readonly offsetBytes: number;
  /** How many bytes; zero for a change of size that only makes the file grow. */
  readonly lengthBytes: number;
  /** The bytes, or undefined for zeroes. */
  readonly bytes: Uint8Array | undefined;
  /** The size of the file afterwards, if it is another one than before. */
  readonly sizeBytes: number | undefined;
}

/** A stretch of a recovery in which nothing becomes durable. */
export interface RecoveryEpoch {
  /** The last event of the recovery before the power fails again. */
  readonly lastEvent: number;
  /** The durable writes, in order. */
  readonly durable: readonly RecoveryWrite[];
  /** The pending writes. */
  readonly pending: readonly RecoveryWrite[];
}

/** The writes of one recovery so far, so that a crash can interrupt it. */
export class RecoveryLog {
  readonly #epochs: RecoveryEpoch[] = [];
  #durable: readonly RecoveryWrite[] = [];
  #pending: RecoveryWrite[] = [];
  #eventCount = 0;
  readonly #flushesAreHonest: boolean;

  /** A log of nothing. */
  constructor({ flushesAreHonest }: Pick<Preset, "flushesAreHonest">) {
    this.#flushesAreHonest = flushesAreHonest;
  }

  /** Take note of a request that was performed on a file of `sizeBefore` bytes. */
  add(request: Request, sizeBefore: () => number): void {
    switch (request.kind) {
      case "write":
        this.#addWrite(request, sizeBefore());
        this.#eventCount += 2;
        break;
      case "resize":
        this.#addResize(request.sizeBytes, sizeBefore());
        this.#eventCount++;
        break;
      case "discard":
        this.#push({ ...request, bytes: undefined, sizeBytes: undefined });
        this.#eventCount++;
        break;
      case "flush":
        this.#flush();
        break;
    }
  }

  /** The stretches in which the power may fail again; none if nothing was changed. */
  epochs(): readonly RecoveryEpoch[] {
    if (this.#durable.length + this.#pending.length === 0) return [];
    return [...this.#epochs, this.#epochNow(this.#eventCount - 1)];
  }

  #addWrite({ offsetBytes, bytes }: { offsetBytes: number; bytes: Uint8Array }, before: number) {
    const endBytes = offsetBytes + bytes.length;
    const sizeBytes = endBytes > before ? endBytes : undefined;
    // A copy: the program may reuse its buffer.
    this.#push({ offsetBytes, lengthBytes: bytes.length, bytes: bytes.slice(), sizeBytes });
  }

  #addResize(sizeBytes: number, before: number): void {
    const lengthBytes = Math.max(0, before - sizeBytes);
    const changed = sizeBytes === before ? undefined : sizeBytes;
    this.#push({ offsetBytes: sizeBytes, lengthBytes, bytes: undefined, sizeBytes: changed });
  }

  #push(
    { offsetBytes, lengthBytes, bytes, sizeBytes }: Omit<RecoveryWrite, "event">,
  ): void {
    this.#pending.push({ event: this.#eventCount, offsetBytes, lengthBytes, bytes, sizeBytes });
  }

  /** A flush is issued, and completes at once: until it has, nothing more is durable. */
  #flush(): void {
    const issuedAt = this.#eventCount;
    this.#eventCount += 2;
    if (!this.#flushesAreHonest || this.#pending.length === 0) return;
    this.#epochs.push(this.#epochNow(issuedAt));
    this.#durable = [...this.#durable, ...this.#pending];
    this.#pending = [];
  }

  #epochNow(lastEvent: number): RecoveryEpoch {
    return { lastEvent, durable: this.#durable, pending: this.#pending };
  }
}
