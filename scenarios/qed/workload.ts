import type { OrderScheduler, RangeStep, Step as PlainStep } from "../../harness/mod.ts";
import type { HeaderLayout, Operation, QedImage } from "../../lib/mod.ts";

/** One thing that the guest, or whoever runs it, does while the image is open. */
export type Request =
  | RangeStep
  | {
    readonly kind: "operate";
    readonly run: (image: QedImage) => Operation<unknown>;
    readonly effects: Effects;
  }
  | { readonly kind: "flush" }
  | { readonly kind: "in-turn"; readonly requests: readonly Request[] };

/** What follows from something done to the image, although its guest does not notice. */
export interface Effects {
  /** How much space is given up, so that as much more may be lost, in bytes. */
  readonly givesUpBytes?: number;
  /** A range of the guest's disk that the backing file may no longer show through afterwards. */
  readonly copies?: { readonly offsetBytes: number; readonly lengthBytes: number };
}

/**
 * Which of the storage requests on their way completes next, each time a number below their count:
 * one after the other, and the first one once they have run out; or whoever is asked, by their count
 * or with a look at what goes on; or any, always the same ones for the same seed.
 */
export type Schedule =
  | readonly number[]
  | ((count: number) => number)
  | OrderScheduler
  | { readonly seed: number };

/** One step of a workload: plain data, or what only code can say. */
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
/** Whoever runs the guest has something done to the image that its guest does not notice. */
export function operate(
  run: (image: QedImage) => Operation<unknown>,
  effects: Effects = {},
): Request {
  return { kind: "operate", run, effects };
}
/** One thing after the other, beside something else. */
export function inTurn(...requests: readonly Request[]): Request {
  return { kind: "in-turn", requests };
}
/** Several things go on at the same time. */
export function together(requests: readonly Request[], schedule: Schedule = []): Step {
  return { kind: "together", requests, schedule };
}
/** The guest flushes. */
export const FLUSH: Request = { kind: "flush" };
/** The image is closed cleanly and opened again. */
export const REOPEN: Step = { kind: "reopen" };
/** The guest goes on on an empty overlay; see {@linkcode WorkloadRun}. */
export const SNAPSHOT: Step = { kind: "snapshot" };
/** The image is closed cleanly; the last step. */
export const CLOSE: Step = { kind: "close" };

/** An image, what is done to it before the log begins, and what the log records. */
export interface Workload {
  /** Bytes of a cluster. */
  readonly clusterBytes: number;
  /** Clusters of a table; 1 if not given. */
  readonly tableClusters?: number;
  /** Bytes of the guest's disk. */
  readonly imageBytes: number;
  /** Bytes of the guest's disk once an operation made it grow; as many as before if not given. */
  readonly grownBytes?: number;
  /** Bytes of the guest's disk at its smallest; as many as at first if not given. */
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
  /** What a crash, or a bug, did to the file before the log begins: changes its bytes. */
  readonly damage?: (file: Uint8Array) => void;
  /** How many L2 tables the driver keeps; as many as it does by itself if not given. */
  readonly l2CacheTables?: number;
  /** The image is opened as it is, and repaired by a step, if at all. */
  readonly opensUnrepaired?: boolean;
  /** What is recorded. */
  readonly steps: readonly Step[];
}
