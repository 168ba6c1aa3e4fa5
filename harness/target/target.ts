import type { Operation, SyncStorage } from "../../lib/storage/mod.ts";
import type { ByteSource } from "../log/write_log.ts";

/** A range of the guest's disk, in bytes; multiples of 512. */
export interface GuestRange {
  /** Where it starts. */
  readonly offsetBytes: number;
  /** How long it is. */
  readonly lengthBytes: number;
}

/** The result of inspecting a recovered file. */
export interface Inspection {
  /** The problems, a line each; the same for the same state. */
  readonly problems: readonly string[];
  /** Space that nothing refers to, in bytes. */
  readonly leakedBytes: number;
}

/**
 * A storage format under test: how to recover it after a crash, and how to read, write and check it
 * afterwards. All of these are operations; slot 0 is the file under test.
 *
 * Operations must be deterministic: they depend only on what they read.
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
  /** Other files that operations read, in slots from 1 on. */
  readonly otherFiles: readonly SyncStorage[];
  /** Guest ranges to write after recovery: allocations that must not disturb other sectors. */
  readonly postRecoveryWrites: readonly GuestRange[];

  /** Called before each state; memory of earlier sessions may be used again. */
  beforeEachState(): void;
  /** Open the file read-write as a user does after a crash, with the repairs that opening makes. */
  recover(): Operation<Session>;
  /** Check the invariants of the format; finds nothing on a consistent file. */
  inspect(session: Session): Operation<Inspection>;
  /** Read the guest's disk. */
  read(session: Session, offsetBytes: number, into: Uint8Array): Operation<void>;
  /** Write the guest's disk. */
  write(session: Session, offsetBytes: number, bytes: Uint8Array): Operation<void>;
  /**
   * All state that a recovered session keeps in memory, as a short string: equal for two sessions
   * exactly when they behave alike on equal files. The explorer then checks states that recovery
   * makes equal once. Optional: without it, each is checked.
   */
  fingerprint?(session: Session): string;
  /**
   * Which sectors do not depend on each other. The explorer then searches pending sectors group by
   * group instead of all combinations; harness/search/independence.ts gives the conditions, which
   * the search verifies. Optional: omit it unless your format has such tables.
   */
  readonly independence?: IndependenceHints;
  /**
   * The meaning of a write to the format, in a few words ("L2 entry of guest cluster 5"), for
   * people; undefined if there is nothing better to say than its place. `before` is the file as the
   * program saw it just before the write.
   */
  describeWrite?(write: DescribedWrite, before: ByteSource): string | undefined;
  /** The refusal, if `error` is one; undefined for a bug of the program. */
  refusal(error: unknown): Refusal | undefined;
}

/** A write to put into words. */
export interface DescribedWrite {
  /** Where it goes, in bytes. */
  readonly offsetBytes: number;
  /** The bytes to write. */
  readonly bytes: Uint8Array;
  /** Its label. */
  readonly label: string;
}

/** The results of crashes during recovery, on top of each other. */
export interface Refusal {
  /** Which part is wrong, and how; the same for the same kind of state. */
  readonly subject: string;
  /** The whole message. */
  readonly detail: string;
}

/**
 * Hints about sectors of a table that do not depend on each other, unless two of them refer to the
 * same object. An object is a number, the same for all that refer to it: a cluster, for example.
 */
export interface IndependenceHints {
  /** The labels of reads that fetch such sectors, and nothing else. */
  readonly labels: ReadonlySet<string>;
  /** The thing that the sector at `offsetBytes` of the file is part of. */
  placeOf(offsetBytes: number): number;
  /** The things that a sector with these 512 bytes refers to. */
  refersTo(sector: Uint8Array): Iterable<number>;
}
