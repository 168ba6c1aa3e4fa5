/**
 * Storage requests as plain values.
 *
 * An operation (open, write, check ...) is a generator that yields requests and receives a number
 * for each: bytes moved for reads and writes, the size in bytes for `size`, zero otherwise. It
 * never touches a file, so one implementation runs over files, over memory, synchronously,
 * asynchronously, or under a harness that decides what each request does.
 *
 * @module
 */

/** Which of the files of an operation a request goes to: 0 the image, 1 its backing file, ... */
export type FileSlot = number;

/** What is being moved, in the terms of the format ("header", "l2-table", "data" ...). */
export type Label = string;

/** Fill `into` from `offsetBytes` on. The answer is smaller than `into` only at the end of file. */
export interface ReadRequest {
  /** Tells the requests apart. */
  readonly kind: "read";
  /** Which file. */
  readonly file: FileSlot;
  /** Where it starts, in bytes. */
  readonly offsetBytes: number;
  /** Where the bytes go. */
  readonly into: Uint8Array;
  /** What it is for. */
  readonly label: Label;
}

/** Store `bytes` at `offsetBytes`, growing the file where needed. Not durable before a flush. */
export interface WriteRequest {
  /** Tells the requests apart. */
  readonly kind: "write";
  /** Which file. */
  readonly file: FileSlot;
  /** Where it starts, in bytes. */
  readonly offsetBytes: number;
  /** What to store. */
  readonly bytes: Uint8Array;
  /** What it is for. */
  readonly label: Label;
}

/**
 * Make every write that completed before this request was issued durable. `scope` "data" covers
 * contents and what is needed to read them back (the size); "file" covers all file metadata too.
 */
export interface FlushRequest {
  /** Tells the requests apart. */
  readonly kind: "flush";
  /** Which file. */
  readonly file: FileSlot;
  /** What must be durable. */
  readonly scope: "data" | "file";
  /** What it is for. */
  readonly label: Label;
}

/** Answer the file's size in bytes. */
export interface SizeRequest {
  /** Tells the requests apart. */
  readonly kind: "size";
  /** Which file. */
  readonly file: FileSlot;
}

/** Set the file's size; bytes added read as zeroes, bytes beyond are lost. */
export interface ResizeRequest {
  /** Tells the requests apart. */
  readonly kind: "resize";
  /** Which file. */
  readonly file: FileSlot;
  /** The new size, in bytes. */
  readonly sizeBytes: number;
  /** What it is for. */
  readonly label: Label;
}

/** The range is no longer needed and reads as zeroes afterwards; the size stays. */
export interface DiscardRequest {
  /** Tells the requests apart. */
  readonly kind: "discard";
  /** Which file. */
  readonly file: FileSlot;
  /** Where it starts, in bytes. */
  readonly offsetBytes: number;
  /** How long the range is, in bytes. */
  readonly lengthBytes: number;
  /** What it is for. */
  readonly label: Label;
}

/** Everything an operation may ask of storage. */
export type Request =
  | ReadRequest
  | WriteRequest
  | FlushRequest
  | SizeRequest
  | ResizeRequest
  | DiscardRequest;

/** Something that an operation waits for, and that another operation brings about. */
export interface Turn {
  /** Whether there is nothing to wait for any more. */
  readonly isReady: boolean;
  /** Have `go` called once {@linkcode Turn.isReady} is true; only while it is false. */
  whenReady(go: () => void): void;
}

/**
 * Not a request to storage: the operation cannot go on before other operations have. Answered
 * with zero by whoever runs the operations, so that a harness decides about this order too.
 */
export interface Wait {
  /** Tells it from the requests. */
  readonly kind: "wait";
  /** What is waited for. */
  readonly turn: Turn;
  /** What it is for. */
  readonly label: Label;
}

/** Work in progress that yields storage requests, now and then waits, and returns a `T`. */
export type Operation<T> = Generator<Request | Wait, T, number>;

/**
 * A one-line description of a request for messages: `write of 512 bytes at 65536 (header)`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { describeRequest } from "@powercut/powercut/lib";
 *
 * const request = { kind: "size", file: 0 } as const;
 * assertEquals(describeRequest(request), "size query");
 * ```
 */
export function describeRequest(request: Request): string {
  switch (request.kind) {
    case "read":
      return `read of ${request.into.length} bytes at ${request.offsetBytes} (${request.label})`;
    case "write":
      return `write of ${request.bytes.length} bytes at ${request.offsetBytes} (${request.label})`;
    case "flush":
      return `flush (${request.label})`;
    case "size":
      return "size query";
    case "resize":
      return `resize to ${request.sizeBytes} bytes (${request.label})`;
    case "discard":
      return `discard of ${request.lengthBytes} bytes at ${request.offsetBytes} (${request.label})`;
  }
}
