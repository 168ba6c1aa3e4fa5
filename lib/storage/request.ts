/**
 * Storage requests as plain values.
 *
 * An operation (open, write, check ...) is a generator that yields requests and receives a number
 * for each: bytes moved for reads and writes, the size in bytes for `size`, zero otherwise. It
 * never accesses a file itself, so one implementation runs over files or memory, synchronously or
 * asynchronously, or under a harness that decides the effect of each request.
 *
 * @module
 */

/** Which of the files of an operation a request goes to: 0 the image, 1 its backing file, ... */
export type FileSlot = number;

/** The purpose of a request in the terms of the format ("header", "l2-table", "data" ...). */
export type Label = string;

/**
 * Fill `into` from `offsetBytes` on. The answer is less than the length of `into` only at the end
 * of the file.
 */
export interface ReadRequest {
  /** The discriminant. */
  readonly kind: "read";
  /** Which file. */
  readonly file: FileSlot;
  /** Where the range starts, in bytes. */
  readonly offsetBytes: number;
  /** Where the bytes go. */
  readonly into: Uint8Array;
  /** The purpose of the request. */
  readonly label: Label;
}

/** Store `bytes` at `offsetBytes`, growing the file where needed. Not durable before a flush. */
export interface WriteRequest {
  /** The discriminant. */
  readonly kind: "write";
  /** Which file. */
  readonly file: FileSlot;
  /** Where it starts, in bytes. */
  readonly offsetBytes: number;
  /** The data to store. */
  readonly bytes: Uint8Array;
  /** The purpose of the request. */
  readonly label: Label;
}

/**
 * Make durable every write that completed before this request was issued. `scope` "data" covers the
 * contents and the size; "file" covers all metadata of the file too.
 */
export interface FlushRequest {
  /** The discriminant. */
  readonly kind: "flush";
  /** Which file. */
  readonly file: FileSlot;
  /** The writes that must be durable. */
  readonly scope: "data" | "file";
  /** The purpose of the request. */
  readonly label: Label;
}

/** Query the size of the file in bytes. */
export interface SizeRequest {
  /** The discriminant. */
  readonly kind: "size";
  /** Which file. */
  readonly file: FileSlot;
}

/** Set the size of the file; bytes added read as zeroes, bytes past the end are lost. */
export interface ResizeRequest {
  /** The discriminant. */
  readonly kind: "resize";
  /** Which file. */
  readonly file: FileSlot;
  /** The new size, in bytes. */
  readonly sizeBytes: number;
  /** The purpose of the request. */
  readonly label: Label;
}

/** Discard a range, which reads as zeroes afterwards; the size of the file stays. */
export interface DiscardRequest {
  /** The discriminant. */
  readonly kind: "discard";
  /** Which file. */
  readonly file: FileSlot;
  /** Where it starts, in bytes. */
  readonly offsetBytes: number;
  /** How long the range is, in bytes. */
  readonly lengthBytes: number;
  /** The purpose of the request. */
  readonly label: Label;
}

/** Any request of an operation to its storage. */
export type Request =
  | ReadRequest
  | WriteRequest
  | FlushRequest
  | SizeRequest
  | ResizeRequest
  | DiscardRequest;

/** A condition that an operation waits for, and that another operation fulfils. */
export interface Turn {
  /** Whether the condition is fulfilled. */
  readonly isReady: boolean;
  /** Call `go` once {@linkcode Turn.isReady} is true. To be called only while it is false. */
  whenReady(go: () => void): void;
}

/**
 * Not a request to storage: the operation cannot continue before another one. The driver of the
 * operations answers it with zero, so that a harness decides about this order too.
 */
export interface Wait {
  /** Distinguishes it from requests. */
  readonly kind: "wait";
  /** The condition. */
  readonly turn: Turn;
  /** The purpose of the request. */
  readonly label: Label;
}

/** Work in progress that yields storage requests and waits, and returns a `T`. */
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
