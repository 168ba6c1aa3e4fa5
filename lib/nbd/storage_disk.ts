import { setImmediate } from "node:timers";
import { accessRange, RangeLock } from "../storage/range_lock.ts";
import type { Operation, Request, Turn } from "../storage/mod.ts";
import type { ByteOffset, DiskExtent, ServedDisk } from "./served_disk.ts";

/** Zeroes are written, and ranges discarded, in pieces of so many bytes. */
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
  /** Whether it can be written. */
  readonly isWritable: boolean;
  /** Whether writes past the end make it larger. */
  readonly canGrow: boolean;
}

/**
 * A file, as it is, as a disk: each request of a client is one of the file, and nothing happens to the
 * file that no client has asked for. So a log of it is a log of what the client did: FUA is not
 * offered, and clients flush instead.
 */
export class StorageDisk implements ServedDisk {
  /** Whether it can be written. */
  readonly isWritable: boolean;
  /** Whether writes past the end make it larger. */
  readonly canGrow: boolean;
  /** What is trimmed is discarded. */
  readonly canTrim = true;
  /** A flush tells more than a forced write would. */
  readonly canForceWrites = false;
  /** Pages of the system's cache. */
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

  /** Its size in bytes, with what writes have added. */
  get sizeBytes(): bigint {
    return BigInt(this.#sizeBytes);
  }

  /** Fill `into` from `offset` on; what lies behind the end of the file is zeroes. */
  async read(offset: ByteOffset, into: Uint8Array): Promise<void> {
    const offsetBytes = Number(offset);
    const count = await this.#alone({ offsetBytes, lengthBytes: into.length }, "read", [
      { kind: "read", file: FILE, offsetBytes, into, label: LABEL },
    ]);
    into.fill(0, count);
  }

  /** Store `bytes` from `offset` on. */
  async write(offset: ByteOffset, bytes: Uint8Array): Promise<void> {
    const offsetBytes = Number(offset);
    const range = { offsetBytes, lengthBytes: bytes.length };
    await this.#alone(range, "change", [
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
    return this.#alone(range, "change", splitIntoPieces(range, discard));
  }

  /** Write zeroes. */
  async writeZeroes(offset: ByteOffset, lengthBytes: number): Promise<void> {
    const range = { offsetBytes: Number(offset), lengthBytes };
    const write = (piece: typeof range): Request => {
      const bytes = ZEROES.subarray(0, piece.lengthBytes);
      return { kind: "write", file: FILE, label: LABEL, offsetBytes: piece.offsetBytes, bytes };
    };
    await this.#alone(range, "change", splitIntoPieces(range, write));
    this.#grow(range.offsetBytes + lengthBytes);
  }

  /** They are written. */
  zeroesFast(): boolean {
    return false;
  }

  /** Nothing is known of it. */
  async *extents(offset: ByteOffset): AsyncGenerator<DiskExtent> {
    yield { lengthBytes: this.#sizeBytes - Number(offset), isHole: false, isZero: false };
  }

  #grow(endBytes: number): void {
    this.#sizeBytes = Math.max(this.#sizeBytes, endBytes);
  }

  /** Perform requests for a range when those before that overlap have ended. */
  #alone(
    range: { readonly offsetBytes: number; readonly lengthBytes: number },
    intent: "read" | "change",
    requests: Iterable<Request>,
  ): Promise<number> {
    const { offsetBytes, lengthBytes } = range;
    const accesses = this.#lock;
    const access = accesses.enter(accessRange(offsetBytes, lengthBytes), intent);
    return this.#run((function* (): Operation<number> {
      try {
        if (!access.isReady) yield { kind: "wait", turn: access, label: "overlapping request" };
        return yield* performAll(requests);
      } finally {
        accesses.leave(access);
      }
    })());
  }
}

/** Perform requests one after the other. Answers what came of the last one. */
function* performAll(requests: Iterable<Request>): Operation<number> {
  let answer = 0;
  let isFirst = true;
  for (const request of requests) {
    // The system is quick to write what it only keeps: the others must not wait for gigabytes of it.
    if (!isFirst) yield { kind: "wait", turn: NEXT_TURN, label: "other requests" };
    isFirst = false;
    answer = yield request;
  }
  return answer;
}

/** Comes when everything else has had its turn. */
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
