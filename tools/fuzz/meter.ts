/**
 * Bounds on what an operation may ask for: how many requests, how much memory, and whether it may
 * change anything. They follow from the size of the file, so what a header merely claims cannot
 * pay for anything.
 *
 * @module
 */
import { type Block, type Buffers, FRESH_BUFFERS } from "../../lib/qed/mod.ts";
import type { Filter, Request } from "../../lib/storage/mod.ts";

/** A bound that an operation went past: always a bug of ours. */
export class BoundExceeded extends Error {
  /** The name of this kind of error. */
  override readonly name = "BoundExceeded";
  /** Which bound. */
  readonly bound: "requests" | "memory" | "changes";

  /** A bound, and by what it was passed. */
  constructor(bound: BoundExceeded["bound"], message: string) {
    super(message);
    this.bound = bound;
  }
}

/** The limits of an operation. */
export interface Limits {
  /** The number of requests it may yield. */
  readonly requests: number;
  /** The largest piece of memory it may take or read into at once, in bytes. */
  readonly blockBytes: number;
  /** The memory it may take in all, in bytes. */
  readonly totalBytes: number;
  /** Whether it may change the first file; the others are never changed. */
  readonly changes: boolean;
}

/** Counts what operations use, and fails those that use too much. */
export class Meter implements Buffers {
  /** Requests that would change a file, also those that were refused. */
  changeCount = 0;
  #limits: Limits;
  #requests = 0;
  #takenBytes = 0;
  /** The first bound that was exceeded, for operations that swallow the error. */
  #exceeded: BoundExceeded | undefined;

  /** A meter for an operation with these limits. */
  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Begin to count from zero, for another operation. */
  restart(limits: Limits): void {
    this.#limits = limits;
    this.#requests = 0;
    this.#takenBytes = 0;
    this.#exceeded = undefined;
  }

  /** Memory for the operation. Throws {@linkcode BoundExceeded} rather than allocate too much. */
  take(sizeBytes: number): Block {
    const { blockBytes, totalBytes } = this.#limits;
    this.#takenBytes += sizeBytes;
    if (sizeBytes > blockBytes) this.#fail("memory", `${sizeBytes} of at most ${blockBytes} bytes`);
    if (this.#takenBytes > totalBytes) {
      this.#fail("memory", `${this.#takenBytes} of at most ${totalBytes} bytes in all`);
    }
    return FRESH_BUFFERS.take(sizeBytes);
  }

  /** The filter that counts requests; see {@linkcode Limits}. */
  readonly filter: Filter = (request) => this.#count(request);

  /** Throws the first {@linkcode BoundExceeded} again, if there was one. */
  assertKept(): void {
    if (this.#exceeded) throw this.#exceeded;
  }

  *#count(request: Request): Generator<Request, number, number> {
    const { requests, blockBytes, changes } = this.#limits;
    if (++this.#requests > requests) {
      this.#fail("requests", `more than ${requests} requests, the last a ${request.kind}`);
    }
    if (request.kind === "read" && request.into.length > blockBytes) {
      this.#fail("memory", `a read of ${request.into.length} bytes, ${blockBytes} at most`);
    }
    if (request.kind === "write" || request.kind === "resize" || request.kind === "discard") {
      this.changeCount++;
      if (!changes) this.#fail("changes", `a ${request.kind} by an operation that only reads`);
      if (request.file !== 0) this.#fail("changes", `a ${request.kind} of a backing file`);
    }
    return yield request;
  }

  #fail(bound: BoundExceeded["bound"], message: string): never {
    this.#exceeded ??= new BoundExceeded(bound, message);
    throw this.#exceeded;
  }
}
