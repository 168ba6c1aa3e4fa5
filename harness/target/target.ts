import type { Operation, SyncStorage } from "../../lib/storage/mod.ts";
import type { ByteSource } from "../log/write_log.ts";

/** A range of the guest's disk, in bytes; multiples of 512. */
export interface GuestRange {
  /** Where it starts. */
  readonly offsetBytes: number;
  /** How long it is. */
  readonly lengthBytes: number;
}

/** What an inspection of a recovered file found. */
export interface Inspection {
  /** What is wrong, a line each; stable for the same state. */
  readonly problems: readonly string[];
  /** Space that nothing refers to, in bytes. */
  readonly leakedBytes: number;
}

/**
 * A storage format under test: how it recovers from a crash, and how it is read, written and
 * checked afterwards. All of it is operations; slot 0 is the file under test.
 *
 * Operations must be deterministic: what they do depends only on what they read.
 */
export interface Target<Session = unknown> {
  /** The name for reports. */
  readonly name: string;
  /**
   * Labels of reads whose contents nothing ever depends on: data passed on to the guest. The
   * explorer does not branch on these; it checks each version on its own.
   */
  readonly dataLabels: ReadonlySet<string>;
  /** The unit in which the format allocates, in bytes. */
  readonly allocationUnitBytes: number;
  /** Files that operations read besides the one under test, by slot from 1 on. */
  readonly otherFiles: readonly SyncStorage[];
  /** Guest ranges to write after recovery: allocations that must not disturb other sectors. */
  readonly postRecoveryWrites: readonly GuestRange[];

  /** Called before each state; memory of earlier sessions may be used again. */
  beforeEachState(): void;
  /** Open the file read-write as a user would after a crash, repairing what opening repairs. */
  recover(): Operation<Session>;
  /** Check the invariants of the format; finds nothing on a consistent file. */
  inspect(session: Session): Operation<Inspection>;
  /** Read the guest's disk. */
  read(session: Session, offsetBytes: number, into: Uint8Array): Operation<void>;
  /** Write the guest's disk. */
  write(session: Session, offsetBytes: number, bytes: Uint8Array): Operation<void>;
  /**
   * All that a session just recovered remembers, as a short string: equal for two sessions exactly
   * when they go on alike on equal files. With it, states that recovery makes equal are judged
   * once. Leave it out to have each judged.
   */
  fingerprint?(session: Session): string;
  /**
   * Which sectors do not depend on each other. With it, many of them that are open at once are
   * searched by adding instead of multiplying; harness/search/independence.ts says what that rests
   * on, and it is checked on the way. Leave it out unless your format has such tables.
   */
  readonly independence?: IndependenceHints;
  /**
   * What a write means to the format, in a few words ("L2 entry of guest cluster 5"), for people;
   * undefined where there is nothing better to say than where it goes. `before` is the file as the
   * program saw it just before the write.
   */
  describeWrite?(write: DescribedWrite, before: ByteSource): string | undefined;
  /** What is refused, if `error` is the format's own refusal; undefined for a program's bug. */
  refusal(error: unknown): Refusal | undefined;
}

/** A write to put into words. */
export interface DescribedWrite {
  /** Where it goes, in bytes. */
  readonly offsetBytes: number;
  /** What is written. */
  readonly bytes: Uint8Array;
  /** What it is for. */
  readonly label: string;
}

/** A format's refusal of a file. */
export interface Refusal {
  /** What is wrong with which part; stable for the same kind of state. */
  readonly subject: string;
  /** The whole message. */
  readonly detail: string;
}

/**
 * What sectors of a table have to do with each other: nothing, except that two of them may lay claim
 * to the same thing. A thing is a number, the same for all that may claim it: a cluster, say.
 */
export interface IndependenceHints {
  /** The labels of reads that fetch such sectors, and nothing else. */
  readonly labels: ReadonlySet<string>;
  /** The thing that the sector at `offsetBytes` of the file is part of. */
  placeOf(offsetBytes: number): number;
  /** The things that a sector with these 512 bytes refers to. */
  refersTo(sector: Uint8Array): Iterable<number>;
}
