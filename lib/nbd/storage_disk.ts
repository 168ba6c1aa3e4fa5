import { setImmediate } from "node:timers";
import { accessRange, RangeLock, withRangeLock } from "../storage/range_lock.ts";
import type { Operation, Request, Turn } from "../storage/mod.ts";
import type { ByteOffset, DiskExtent, ServedDisk } from "./served_disk.ts";

/** Maximum size of one write of zeroes or one discard, in bytes. */
const PIECE_BYTES = 2 ** 20;
const ZEROES = new Uint8Array(PIECE_BYTES);
const FILE = 0;
const LABEL = "nbd";

/** Settings of a {@linkcode StorageDisk}. */
export interface StorageDiskOptions {
  /** Runs operations on the file, which is in slot 0. */
  readonly run: <T>(operation: Operation<T>) => Promise<T>;
  /** The size of the file in bytes. */
  readonly sizeBytes: number;
  /** Whether the disk accepts writes. */
  readonly isWritable: boolean;
  /** Whether writes past the end extend the file. */
  readonly canGrow: boolean;
}

/**
 * A disk that passes each request of a client to a file unchanged, and makes no other requests, so
 * that a log of the file is a log of the client. FUA is not offered: clients send flushes instead.
 */
export class StorageDisk implements ServedDisk {
  /** Whether it can be written. */
  readonly isWritable: boolean;
  /** Whether writes past the end make it larger. */
  readonly canGrow: boolean;
  /** Trim discards. */
  readonly canTrim = true;
  /** A flush in the log tells more than a forced write. */
  readonly canForceWrites = false;
  /** The page size of the system's cache. */
  readonly preferredBytes = 4096;
  readonly #run: StorageDiskOptions["run"];
  readonly #lock = new RangeLock();
  #sizeBytes: number;

  /** Serve a file. */
  constructor(options: StorageDiskOptions) {
    this.#run = options.run;
    this.#sizeBytes = options.sizeBytes;
    this.isWritable = options.isWritable;
    this.canGrow = options.canGrow;
  }

  /** The size in bytes, including growth by writes. */
  get sizeBytes(): bigint {
    return BigInt(this.#sizeBytes);
  }

  /** Fill `into` from `offset` on, with zeroes past the end of the file. */
  async read(offset: ByteOffset, into: Uint8Array): Promise<void> {
    const offsetBytes = Number(offset);
    const count = await this.#withRangeLock({ offsetBytes, lengthBytes: into.length }, "read", [
      { kind: "read", file: FILE, offsetBytes, into, label: LABEL },
    ]);
    into.fill(0, count);
  }

  /** Store `bytes` from `offset` on. */
  async write(offset: ByteOffset, bytes: Uint8Array): Promise<void> {
    const offsetBytes = Number(offset);
    const range = { offsetBytes, lengthBytes: bytes.length };
    await this.#withRangeLock(range, "change", [
      { kind: "write", file: FILE, offsetBytes, bytes, label: LABEL },
    ]);
    this.#grow(offsetBytes + bytes.length);
  }

  /** Flush the file. */
  flush(): Promise<unknown> {
    if (!this.isWritable) return Promise.resolve();
    return this.#run(performAll([{ kind: "flush", file: FILE, scope: "data", label: LABEL }]));
  }

  /** Discard the range. */
  trim(offset: ByteOffset, lengthBytes: number): Promise<unknown> {
    const range = { offsetBytes: Number(offset), lengthBytes };
    const discard = (piece: typeof range): Request => {
      return { kind: "discard", file: FILE, label: LABEL, ...piece };
    };
    return this.#withRangeLock(range, "change", splitIntoPieces(range, discard));
  }

  /** Write zeroes. */
  async writeZeroes(offset: ByteOffset, lengthBytes: number): Promise<void> {
    const range = { offsetBytes: Number(offset), lengthBytes };
    const write = (piece: typeof range): Request => {
      const bytes = ZEROES.subarray(0, piece.lengthBytes);
      return { kind: "write", file: FILE, label: LABEL, offsetBytes: piece.offsetBytes, bytes };
    };
    await this.#withRangeLock(range, "change", splitIntoPieces(range, write));
    this.#grow(range.offsetBytes + lengthBytes);
  }

  /** Zeroes are written, so they are never faster. */
  zeroesFast(): boolean {
    return false;
  }

  /** One extent of data. */
  async *extents(offset: ByteOffset): AsyncGenerator<DiskExtent> {
    yield { lengthBytes: this.#sizeBytes - Number(offset), isHole: false, isZero: false };
  }

  #grow(endBytes: number): void {
    this.#sizeBytes = Math.max(this.#sizeBytes, endBytes);
  }

  /** Perform requests with a range locked. */
  #withRangeLock(
    range: { readonly offsetBytes: number; readonly lengthBytes: number },
    intent: "read" | "change",
    requests: Iterable<Request>,
  ): Promise<number> {
    const { offsetBytes, lengthBytes } = range;
    const locked = { range: accessRange(offsetBytes, lengthBytes), intent };
    return this.#run(withRangeLock(this.#lock, locked, performAll(requests)));
  }
}

/** Perform requests one after the other. Returns the answer of the last one. */
function* performAll(requests: Iterable<Request>): Operation<number> {
  let answer = 0;
  let isFirst = true;
  for (const request of requests) {
    // Writes to the system's cache complete at once, so let other requests run in between.
    if (!isFirst) yield { kind: "wait", turn: NEXT_TURN, label: "other requests" };
    isFirst = false;
    answer = yield request;
  }
  return answer;
}

/** Fulfilled after other events have been processed. */
const NEXT_TURN: Turn = {
  isReady: false,
  whenReady: (go) => void setImmediate(go),
};

function* splitIntoPieces<R extends { readonly offsetBytes: number; readonly lengthBytes: number }>(
  { offsetBytes, lengthBytes }: R,
  make: (piece: { readonly offsetBytes: number; readonly lengthBytes: number }) => Request,
): Generator<Request> {
  for (let done = 0; done < lengthBytes; done += PIECE_BYTES) {
    yield make({
      offsetBytes: offsetBytes + done,
      lengthBytes: Math.min(PIECE_BYTES, lengthBytes - done),
    });
  }
}
