import type { DurableImage } from "./durable_image.ts";
import type { GuestHistory } from "./guest_history.ts";

/** A write (or a cut, or a discard) that may or may not have reached the disk. */
export interface PendingWrite {
  /** The event that issued it; no crash before it can leave it on disk. */
  readonly event: number;
  /** The request's id in the log, or -1 for a size change or discard. */
  readonly id: number;
  /** Where it goes, in bytes. */
  readonly offsetBytes: number;
  /** How many bytes; for a size change that only grows the file, zero. */
  readonly lengthBytes: number;
  /** The bytes, or undefined for zeroes. */
  readonly bytes: Uint8Array | undefined;
  /** Its label. */
  readonly label: string;
  /** Whether it had completed by the end of the epoch. */
  completed: boolean;
  /** The event that completed it: from there on it is not in flight. Infinity until then. */
  completedAt: number;
  /** Whether it failed, or a flush that would have covered it: no flush makes it durable. */
  isUnresolved: boolean;
}

/** A size that the file had, and the event since which it may be on disk. */
export interface SizeVersion {
  /** The size in bytes. */
  readonly sizeBytes: number;
  /** The event of the change; -1 for the durable size. */
  readonly event: number;
}

/**
 * A stretch of the log in which nothing becomes durable and no promise gets stricter. All its crash
 * points are explored as one space: a state is checked at the earliest crash point that can leave
 * it. That covers the later ones, since from one crash point to the next, within an epoch, the disk
 * may only hold more and the guest may only expect less.
 */
export interface Epoch {
  /** Crashes come after the events from this one (-1: before any) ... */
  readonly firstEvent: number;
  /** ... to this one. */
  readonly lastEvent: number;
  /** The durable contents. */
  readonly durable: DurableImage;
  /** The pending writes, in the order of issue. */
  readonly writes: readonly PendingWrite[];
  /** The sizes the file may have; the durable one first. */
  readonly sizes: readonly SizeVersion[];
  /** The permitted contents of guest sectors. */
  readonly history: GuestHistory;
  /** The size of the file when all space that had been taken was last in use, in bytes. */
  readonly settledBytes: number;
  /** How much space was given up from which event on, added up from the start of the log, in bytes. */
  readonly givenUp: readonly SpaceGivenUp[];
}

/** Space that was given up up to an event. */
export interface SpaceGivenUp {
  /** From this event on ... */
  readonly event: number;
  /** ... their sum, in bytes. */
  readonly totalBytes: number;
}
