import type { Certificate, Coverage } from "./certificate.ts";
import type { Corruption } from "../model/corruption.ts";
import type { StateCount } from "./state_count.ts";
import type { Violation } from "./violation.ts";

export type { Coverage, StateCount };

/** A version of something that reached the disk although nothing had made it durable. */
export interface PersistedVersion {
  /** The event of the log that wrote it. */
  readonly event: number;
  /** Where on the disk, in bytes. */
  readonly offsetBytes: number;
  /** How much of the write, in bytes. */
  readonly lengthBytes: number;
  /** The label of the write. */
  readonly label: string;
}

/** A violation with the smallest state found that shows it. */
export interface FoundViolation extends Violation {
  /** The crash comes after this event of the log; -1 means before any. */
  readonly crashAfterEvent: number;
  /** The pending writes that reached the disk, in the order of issue. */
  readonly persisted: readonly PersistedVersion[];
  /** The number of pending writes. */
  readonly pendingWrites: number;
  /** The size of the file that persisted, in bytes. */
  readonly sizeBytes: number;
  /** The write that corrupted its neighbourhood, if one did. */
  readonly corruption?: Corruption;
  /** The choices that build this state at this crash point. */
  readonly choices: readonly number[];
  /** The crashes during recovery that followed, the first one first. */
  readonly nested?: readonly FoundNestedCrash[];
  /** How many recovery behaviours (or states, with brute force) showed it. */
  readonly occurrences: number;
}

/** A crash during recovery, in terms of the recovery's own writes. */
export interface FoundNestedCrash {
  /** The crash comes after this event of the recovery's own log; -1 means before any. */
  readonly afterEvent: number;
  /** The recovery's writes that reached the disk. */
  readonly persisted: readonly PersistedVersion[];
  /** The size of the file that persisted, in bytes. */
  readonly sizeBytes: number;
  /** The choices that build the resulting file. */
  readonly choices: readonly number[];
}

/** The result of exploring a log, as data. */
export interface Exploration {
  /** `clean` if no state of the space breaks a promise. */
  readonly verdict: "clean" | "violation";
  /** The engine that searched. */
  readonly engine: "lazy" | "brute" | "sampled" | "deepening";
  /** The fault model. */
  readonly preset: string;
  /** The format under test. */
  readonly target: string;
  /** Whether every state was covered; if not, the certificate says which were. */
  readonly coverage: Coverage["kind"];
  /** Identifies the log: its base, its events, the preset. */
  readonly traceHash: string;
  /** Events of the log. */
  readonly events: number;
  /** Crash points: after each event, and before the first. */
  readonly crashPoints: number;
  /** Pairs of crash point and state. */
  readonly states: StateCount;
  /** Different images, each epoch of the log on its own; not counted by brute force, or where writes corrupt their neighbours. */
  readonly images?: StateCount;
  /** Recoveries that were run, each a different behaviour (with brute force: each a state). */
  readonly recoveries: number;
  /** The meaning of the result. */
  readonly certificate: Certificate;
  /** Every different violation with its smallest state, the worst kind first. */
  readonly violations: readonly FoundViolation[];
}

/**
 * Receives the progress of an exploration: crash points done, all crash points, recoveries so far.
 */
export type ExplorationListener = (done: number, total: number, recoveries: number) => void;

/** How to explore. */
export interface EngineOptions {
  /** The size of the guest's disk in bytes; ranges to read end there. */
  readonly guestBytes: number;
  /**
   * The number of crashes in a row: 1 if not given. With 2, the explorer also crashes every
   * recovery that changes the file at every point, recovers the result and checks it the same way.
   */
  readonly depth?: number;
  /** How many states brute force may visit; 2^22 if not given. */
  readonly maxStates?: number;
  /** How many states are sampled, or recoveries after which deepening stops; 10,000 if not given. */
  readonly samples?: number;
  /** Which states are sampled: the same ones for the same seed; 1 if not given. */
  readonly seed?: number;
  /**
   * Whether choices that do not depend on each other are added up, where the target says which these
   * are (see {@linkcode IndependenceHints}); true if not given. Without, each combination of them is run.
   */
  readonly independent?: boolean;
  /** Receives progress now and then. */
  readonly onProgress?: ExplorationListener;
}
