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
  /** What the write was for. */
  readonly label: string;
}

/** A violation with the smallest state found that shows it. */
export interface FoundViolation extends Violation {
  /** The crash comes after this event of the log; -1 means before any. */
  readonly crashAfterEvent: number;
  /** What reached the disk of what was still on its way, in the order of issue. */
  readonly persisted: readonly PersistedVersion[];
  /** How many writes were still on their way. */
  readonly pendingWrites: number;
  /** The size of the file that persisted, in bytes. */
  readonly sizeBytes: number;
  /** The write that corrupted its neighbourhood, if one did. */
  readonly corruption?: Corruption;
  /** The choices that build this state at this crash point. */
  readonly choices: readonly number[];
  /** The crashes of recoveries that it took besides, the first one first. */
  readonly nested?: readonly FoundNestedCrash[];
  /** How many recovery behaviours (or states, with brute force) showed it. */
  readonly occurrences: number;
}

/** A crash of a recovery, in terms of what the recovery did to the file. */
export interface FoundNestedCrash {
  /** The crash comes after this event of the recovery's own log; -1 means before any. */
  readonly afterEvent: number;
  /** What reached the disk of what the recovery had written. */
  readonly persisted: readonly PersistedVersion[];
  /** The size of the file that persisted, in bytes. */
  readonly sizeBytes: number;
  /** The choices that build what it left. */
  readonly choices: readonly number[];
}

/** What an exploration of a log found, as data. */
export interface Exploration {
  /** `clean` if no state of the space breaks a promise. */
  readonly verdict: "clean" | "violation";
  /** The engine that searched. */
  readonly engine: "lazy" | "brute" | "sampled" | "deepening";
  /** The fault model. */
  readonly preset: string;
  /** The format under test. */
  readonly target: string;
  /** Whether every state was covered; the certificate says what was instead, if not. */
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
  /** What all this stands for. */
  readonly certificate: Certificate;
  /** Every different violation with its smallest state, the worst kind first. */
  readonly violations: readonly FoundViolation[];
}

/** Told how far an exploration is: crash points done of all, recoveries run so far. */
export type ExplorationListener = (done: number, total: number, recoveries: number) => void;

/** How to explore. */
export interface ExploreOptions {
  /** The size of the guest's disk in bytes; ranges to read end there. */
  readonly guestBytes: number;
  /**
   * How many crashes in a row: 1 if not given. With 2 every recovery that changes the file is cut
   * short at every point as well, and what is left of that is recovered and judged the same way.
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
  /** Told about progress now and then. */
  readonly onProgress?: ExplorationListener;
}
