import type { OrderScheduler, RangeStep, Step as PlainStep } from "../../harness/advanced.ts";
import type { HeaderLayout, Operation, QedImage } from "../../lib/mod.ts";

/** One request of the guest, or of the host that runs it, while the image is open. */
export type Request =
  | RangeStep
  | {
    readonly kind: "operate";
    readonly run: (image: QedImage) => Operation<unknown>;
    readonly effects: Effects;
  }
  | { readonly kind: "flush" }
  | { readonly kind: "in-turn"; readonly requests: readonly Request[] };

/** The side effects of a host's operation on the image. */
export interface Effects {
  /** How many bytes the operation may leak. */
  readonly givesUpBytes?: number;
  /** A range of the guest's disk that the operation may copy from the backing file. */
  readonly copies?: { readonly offsetBytes: number; readonly lengthBytes: number };
}

/**
 * Chooses which pending storage request completes next, by a number below their count: an explicit
 * list (then first in, first out), a callback, a scheduler, or a seeded random choice.
 */
export type Schedule =
  | readonly number[]
  | ((count: number) => number)
  | OrderScheduler
  | { readonly seed: number };

/** One step of a workload: plain data, or code. */
export type Step =
  | PlainStep
  | Request
  | {
    readonly kind: "together";
    readonly requests: readonly Request[];
    readonly schedule: Schedule;
  };

/** The guest writes. */
export function write(offsetBytes: number, lengthBytes: number): Request {
  return { kind: "write", offsetBytes, lengthBytes };
}
/** The guest writes zeroes. */
export function zero(offsetBytes: number, lengthBytes: number): Request {
  return { kind: "zero", offsetBytes, lengthBytes };
}
/** The guest discards. */
export function discard(offsetBytes: number, lengthBytes: number): Request {
  return { kind: "discard", offsetBytes, lengthBytes };
}
/** The host runs an operation on the image that never changes the guest's data. */
export function operate(
  run: (image: QedImage) => Operation<unknown>,
  effects: Effects = {},
): Request {
  return { kind: "operate", run, effects };
}
/** Requests in sequence, as one of several concurrent ones. */
export function inTurn(...requests: readonly Request[]): Request {
  return { kind: "in-turn", requests };
}
/** Concurrent requests. */
export function together(requests: readonly Request[], schedule: Schedule = []): Step {
  return { kind: "together", requests, schedule };
}
/** The guest flushes. */
export const FLUSH: Request = { kind: "flush" };
/** The image is closed cleanly and opened again. */
export const REOPEN: Step = { kind: "reopen" };
/** The image is closed cleanly; the last step. */
export const CLOSE: Step = { kind: "close" };

/** An image, its preparation before the log begins, and the steps that the log records. */
export interface Workload {
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table; 1 if not given. */
  readonly tableClusters?: number;
  /** Bytes of the guest's disk. */
  readonly imageBytes: number;
  /** Bytes of the guest's disk after an operation has grown it; `imageBytes` if not given. */
  readonly grownBytes?: number;
  /** Bytes of the guest's disk at its smallest; `imageBytes` if not given. */
  readonly shrunkBytes?: number;
  /** The header layout; final if not given. */
  readonly layout?: HeaderLayout;
  /** The contents of a raw backing file. */
  readonly backing?: Uint8Array;
  /** The names that the header may have for it after a crash; undefined for none. */
  readonly backingNames?: readonly (string | undefined)[];
  /** Writes that are durable before the log begins. */
  readonly prepared?: readonly Step[];
  /** Bytes of an unfinished cluster, from an earlier crash, at the end of the file; 0 if not given. */
  readonly tornTailBytes?: number;
  /** Applies the damage of an earlier crash or bug to the bytes of the file. */
  readonly damage?: (file: Uint8Array) => void;
  /** How many L2 tables the driver caches; its default if not given. */
  readonly l2CacheTables?: number;
  /** Open the image without a repair; a step may repair it. */
  readonly opensUnrepaired?: boolean;
  /** The recorded steps. */
  readonly steps: readonly Step[];
}
