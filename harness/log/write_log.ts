/**
 * The write log: a program's requests to one file, in order, and its guest's requests.
 *
 * Events are numbered from zero in the order of the log. A crash "after event n" means that events
 * 0 to n happened and nothing else did. A write or flush has two events, issued and completed, tied
 * by an id; between the two it is in flight. A size change happens at once.
 *
 * A flush makes durable every write that had completed before the flush was issued; nothing else
 * does. A write with `forceUnitAccess` is durable when it completes.
 *
 * A failed write is unresolved: each of its sectors may be on disk or not, and no later flush
 * changes that; only a later durable write to the same place does. The same holds for all writes
 * that a failed flush should have covered: operating systems drop what they could not write, and
 * the next flush succeeds without it.
 *
 * @module
 */

import type { SyncStorage } from "../../lib/storage/mod.ts";

/** An event. Offsets and sizes are bytes; `id` ties the events of one request together. */
export type LogEvent =
  | {
    readonly kind: "write-issued";
    readonly id: number;
    readonly offsetBytes: number;
    readonly bytes: Uint8Array;
    readonly label: string;
    readonly forceUnitAccess?: boolean;
  }
  | { readonly kind: "write-completed"; readonly id: number }
  | {
    /** It was answered with an error: some of it may be on disk, and no flush covers it. */
    readonly kind: "write-failed";
    readonly id: number;
  }
  | { readonly kind: "flush-issued"; readonly id: number; readonly label: string }
  | { readonly kind: "flush-completed"; readonly id: number }
  | {
    /**
     * The flush failed: the writes that it should have covered are unresolved, like a failed write.
     */
    readonly kind: "flush-failed";
    readonly id: number;
  }
  | { readonly kind: "resized"; readonly sizeBytes: number; readonly label: string }
  | {
    readonly kind: "discarded";
    readonly offsetBytes: number;
    readonly lengthBytes: number;
    readonly label: string;
  }
  | {
    readonly kind: "guest-write-begun";
    readonly id: number;
    readonly offsetBytes: number;
    readonly bytes: Uint8Array;
  }
  | {
    readonly kind: "guest-flush-begun";
    readonly id: number;
    /** Whether an allocation was under way, whose space this flush does not settle. */
    readonly isAllocating?: boolean;
  }
  | { readonly kind: "guest-acknowledged"; readonly id: number }
  | {
    /** The guest learned that its unflushed data may be lost: no later flush covers it. */
    readonly kind: "guest-warned";
  }
  | {
    /** From here on this much more space may be lost: it is given up, and not reused yet. */
    readonly kind: "space-given-up";
    readonly lengthBytes: number;
  }
  | { readonly kind: "mark"; readonly text: string };

/** Bytes that can be read from anywhere: a file, or memory. */
export interface ByteSource {
  /** How many bytes there are. */
  readonly sizeBytes: number;
  /** Fill `into` from `offsetBytes` on; past the end with zeroes. */
  read(offsetBytes: number, into: Uint8Array): void;
}

/** Memory as a {@linkcode ByteSource}; `bytes` must not change afterwards. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read(offsetBytes, into) {
      const piece = bytes.subarray(offsetBytes, offsetBytes + into.length);
      into.set(piece);
      into.fill(0, piece.length);
    },
  };
}

/**
 * A file as a {@linkcode ByteSource} of its current contents.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { storageSource } from "@powercut/powercut/harness/advanced";
 * import { MemoryStorage } from "@powercut/powercut/lib";
 *
 * const source = storageSource(new MemoryStorage(new Uint8Array([1, 2])));
 * const into = new Uint8Array(3);
 * source.read(1, into);
 * assertEquals([source.sizeBytes, ...into], [2, 2, 0, 0]);
 * ```
 */
export function storageSource(file: SyncStorage): ByteSource {
  return {
    sizeBytes: file.perform({ kind: "size", file: 0 }),
    read(offsetBytes, into) {
      const moved = file.perform({ kind: "read", file: 0, offsetBytes, into, label: "source" });
      into.fill(0, moved);
    },
  };
}

/** A finished log, with the initial contents of the file and of the guest's disk. */
export interface WriteLog {
  /** The file before the first event; all of it durable. */
  readonly base: ByteSource;
  /** The initial contents of the guest's disk, from its start; zeroes follow. */
  readonly guestBase: ByteSource;
  /** The events, in order. */
  readonly events: readonly LogEvent[];
  /** Ranges of the guest's disk, in bytes, that held data before and must keep it. */
  readonly bystanders?: readonly { readonly offsetBytes: number; readonly lengthBytes: number }[];
}

/**
 * One line that describes an event, for reports.
 */
export function describeEvent(event: LogEvent): string {
  switch (event.kind) {
    case "write-issued":
      return `write ${event.bytes.length} bytes at ${event.offsetBytes} (${event.label})`;
    case "write-completed":
      return `write #${event.id} completed`;
    case "write-failed":
      return `write #${event.id} failed`;
    case "flush-failed":
      return `flush #${event.id} failed`;
    case "flush-issued":
      return `flush (${event.label})`;
    case "flush-completed":
      return `flush #${event.id} completed`;
    case "resized":
      return `resize to ${event.sizeBytes} bytes (${event.label})`;
    case "discarded":
      return `discard ${event.lengthBytes} bytes at ${event.offsetBytes} (${event.label})`;
    case "guest-write-begun":
      return `guest writes ${event.bytes.length} bytes at ${event.offsetBytes}`;
    case "guest-flush-begun":
      return "guest flushes";
    case "guest-acknowledged":
      return `guest request #${event.id} acknowledged`;
    case "guest-warned":
      return "the guest learns that unflushed data may be lost";
    case "space-given-up":
      return `${event.lengthBytes} bytes are given up`;
    case "mark":
      return `mark: ${event.text}`;
  }
}
