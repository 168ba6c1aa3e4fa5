import type { Contents } from "../model/contents.ts";
import type { Epoch } from "../model/epoch.ts";
import type { GuestRange, Target } from "../target/target.ts";
import { type Violation, violationKey } from "../result/violation.ts";
import { allowedLossBytes } from "./allowed_loss.ts";
import type { CrashDisk } from "./crash_disk.ts";
import type { Choose } from "./crash_layer.ts";
import type { Candidate, Decision } from "./decision.ts";
import { GuestReader, only, type Piece, sectorsOf } from "./guest_reader.ts";
import { PostRecoveryWrites } from "./post_recovery_writes.ts";
import type { DataReads } from "./data_reads.ts";
import type { RecoveryEpoch } from "./recovery_log.ts";
import { runTarget } from "../target/run_target.ts";
import { refusalOf } from "../target/target_error.ts";

/** A violation and the conditions that it needs beyond the decisions of the run. */
export interface Finding {
  /** The broken promise. */
  readonly violation: Violation;
  /** The earliest crash that shows it, as the last event before the crash. */
  readonly event: number;
  /** Units that recovery did not read and that must take an option, with the options. */
  readonly because: readonly Decision[];
}

/** The result of checking a state. */
interface Outcome {
  /** The earliest crash it was checked for. */
  event: number;
  /** The space it has lost, in bytes. */
  leakedBytes: number | undefined;
  /** The size of the file in the end, in bytes. */
  endBytes: number | undefined;
  /** The keys of the violations that it shows. */
  keys: readonly string[];
}

const NOTHING: Outcome = {
  event: Infinity,
  leakedBytes: undefined,
  endBytes: undefined,
  keys: [],
};

/** The inputs of an {@linkcode Oracle}, the same for all states of an epoch. */
export interface OracleOptions {
  readonly target: Target;
  readonly contents: Contents;
  /** The ranges of the guest's disk to read (see `watchList`). */
  readonly watched: readonly GuestRange[];
  /** Bytes that were leaked before the log began. */
  readonly leakedBeforeBytes: number;
  /** How many crashes in a row: 2 if recovery may be cut short once. */
  readonly depth: number;
}

/**
 * Checks one state after the other: recovers it as a user would and checks every promise. States
 * differ only in the decisions of the disk.
 */
export class Oracle {
  readonly #options: OracleOptions;
  readonly #epoch: Epoch;
  readonly #disk: CrashDisk;
  readonly #reader: GuestReader;
  readonly #postRecoveryWrites: PostRecoveryWrites;
  /** For each state after recovery, the result of its check. */
  readonly #known = new Map<string, Outcome>();
  #findings: Finding[] = [];
  #knownCount = 0;
  #outcome: Outcome = NOTHING;
  /** Where the last recovery could be cut short. */
  #recovery: readonly RecoveryEpoch[] = [];

  /** An oracle for the states of `disk`, which belongs to `epoch`. */
  constructor(options: OracleOptions, epoch: Epoch, disk: CrashDisk, reads: DataReads) {
    this.#options = options;
    this.#epoch = epoch;
    this.#disk = disk;
    this.#reader = new GuestReader(options.target, options.contents, { epoch, disk, reads });
    this.#postRecoveryWrites = new PostRecoveryWrites(options.target, options.contents);
  }

  /**
   * Check the state that the disk decides to be in. With `choose`, which picks the places, a crash
   * interrupts the first recovery, and further crashes may interrupt later ones.
   */
  check(choose?: Choose): readonly Finding[] {
    const { target } = this.#options;
    this.#findings = [];
    this.#outcome = { ...NOTHING };
    let kind: "cannot-open" | "unusable" = "cannot-open";
    try {
      const session = choose ? this.#recoverNested(choose) : this.#recover();
      if (this.#isKnown(session)) return this.#findings;
      kind = "unusable";
      this.#inspect(session);
      this.#readAndWrite(session);
      if (this.#disk.decisions.isSizeDecided) this.#outcome.endBytes = this.#disk.sizeBytes;
    } catch (error) {
      this.#report({ kind, ...refusalOf(target, error) });
    }
    this.#outcome.keys = this.#findings.map(({ violation }) => violationKey(violation));
    return this.#findings;
  }

  /** Recover as a user would, and see where that could be cut short. */
  #recover(): unknown {
    const { target, depth } = this.#options;
    target.beforeEachState();
    if (depth > 1) this.#disk.beginRecovery();
    try {
      return runTarget(target.recover(), this.#reader.files);
    } finally {
      this.#recovery = this.#disk.endRecovery();
    }
  }

  /** Recover, with another crash before the end; and so on, as deep as was asked for. */
  #recoverNested(choose: Choose): unknown {
    let session = this.#recover();
    for (let depth = 2; depth <= this.#options.depth && this.#recovery.length > 0; depth++) {
      const isOptional = depth > 2 ? 1 : 0;
      const count = this.#recovery.length + isOptional;
      const place = (count === 1 ? 0 : choose(count)) - isOptional;
      if (place < 0) break;
      this.#disk.crashInRecovery(this.#recovery[place], choose);
      session = this.#recover();
    }
    return session;
  }

  /** Whether the last recovery changed anything, so that a crash could interrupt it. */
  get canCrashInRecovery(): boolean {
    return this.#recovery.length > 0;
  }

  /** The keys of the violations of the last state, including those known before. */
  get keys(): readonly string[] {
    return this.#outcome.keys;
  }

  /**
   * Whether recovery led to a state already checked for a crash no later than this one. The rest
   * depends only on the file, on the undecided units, and on the memory of the session; an earlier
   * crash permits no more than a later one. So the check would find nothing new.
   */
  #isKnown(session: unknown): boolean {
    // The same decisions as last time: the check of their continuations is not finished.
    if (this.#disk.decisions.isRetracing || this.#disk.hasOpenLayers) return false;
    const fingerprint = this.#options.target.fingerprint?.(session);
    if (fingerprint === undefined) return false;
    const key = `${this.#disk.stateKey()}|${fingerprint}`;
    const { earliestEvent } = this.#disk.decisions;
    const known = this.#known.get(key);
    if (known && known.event <= earliestEvent) {
      this.#outcome = known;
      this.#knownCount++;
      return true;
    }
    this.#outcome.event = earliestEvent;
    this.#known.set(key, this.#outcome);
    return false;
  }

  /** The number of recoveries that led to a state checked before. */
  get knownCount(): number {
    return this.#knownCount;
  }

  /** The space that the last state has lost, in bytes; undefined if unknown. */
  get leakedBytes(): number | undefined {
    return this.#outcome.leakedBytes;
  }

  /** How long the file was in the end, in bytes; undefined if nothing depended on that. */
  get endBytes(): number | undefined {
    return this.#outcome.endBytes;
  }

  /** The violation if `leakedBytes` are lost after a crash at `event`; undefined if they may be. */
  lossViolation(leakedBytes: number, event: number): Violation | undefined {
    const allowed = this.#options.leakedBeforeBytes +
      allowedLossBytes(this.#epoch, event, this.#options.target, this.#disk.grownBytes);
    if (leakedBytes <= allowed) return undefined;
    const detail = `${leakedBytes} bytes leaked, ${allowed} were being allocated`;
    return { kind: "leak", subject: "more than was in flight", detail };
  }

  #inspect(session: unknown): void {
    const inspection = runTarget(this.#options.target.inspect(session), this.#reader.files);
    for (const problem of inspection.problems) {
      this.#report({ kind: "inconsistent", subject: problem, detail: problem });
    }
    const { leakedBytes } = inspection;
    this.#outcome.leakedBytes = leakedBytes;
    const loss = this.lossViolation(leakedBytes, this.#disk.decisions.earliestEvent);
    if (loss) this.#report(loss);
  }

  #readAndWrite(session: unknown): void {
    const { target, watched } = this.#options;
    const before = watched.map((range) => {
      const pieces = this.#attempt(() => this.#reader.read(session, range));
      for (const piece of pieces ?? []) this.#checkPiece(piece);
      return pieces;
    });
    if (this.#postRecoveryWrites.all.length === 0) return;
    const stamp = this.#disk.nextStamp();
    for (const { range, bytes } of this.#postRecoveryWrites.all) {
      this.#attempt(() =>
        runTarget(target.write(session, range.offsetBytes, bytes), this.#reader.files)
      );
    }
    watched.forEach((range, i) => {
      const old = before[i];
      const pieces = this.#attempt(() => this.#reader.read(session, range));
      if (!pieces) return;
      if (!old) this.#checkLate(pieces);
      else if (this.#postRecoveryWrites.touches(range) || !this.#areUnchanged(old, pieces, stamp)) {
        this.#compare(old, pieces, stamp);
      }
    });
  }

  /** Do something that the format may refuse; undefined, and a violation, if it does. */
  #attempt<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#report({ kind: "unusable", ...refusalOf(this.#options.target, error) });
      return undefined;
    }
  }

  /** Each version that each sector may hold must be permitted. */
  #checkPiece(piece: Piece): void {
    if (this.#disk.decisions.earliestEvent >= piece.fineFrom) return;
    piece.candidates.forEach((versions, i) => this.#checkSector(piece.guestSector + i, versions));
  }

  #checkSector(sector: number, versions: readonly Candidate[]): void {
    for (const version of versions) {
      const since = this.#epoch.history.permittedSince(sector, version.content);
      const event = Math.max(this.#disk.decisions.earliestEvent, version.event);
      if (event < since) this.#reportData(sector, version, event);
    }
  }

  /**
   * Sectors unreadable before the post-recovery writes must hold a permitted value once they become
   * readable.
   */
  #checkLate(pieces: readonly Piece[]): void {
    for (const { guestSector, versions } of pieces.flatMap(sectorsOf)) {
      const written = this.#postRecoveryWrites.contentOf(guestSector);
      for (const version of versions) {
        const event = Math.max(this.#disk.decisions.earliestEvent, version.event);
        const isFine = written === undefined
          ? event >= this.#epoch.history.permittedSince(guestSector, version.content)
          : version.content === written;
        if (!isFine) this.#reportChange(guestSector, undefined, version);
      }
    }
  }

  /**
   * After the post-recovery writes each sector is unchanged, or holds the bytes of such a write.
   */
  #compare(before: readonly Piece[], after: readonly Piece[], stamp: number): void {
    const was = before.flatMap(sectorsOf);
    const is = after.flatMap(sectorsOf);
    was.forEach((old, i) => {
      const now = is[i];
      const isWritten = now.file === 0 && this.#disk.isWrittenSince(now.fileSector, stamp);
      const isSamePlace = old.file === 0 && now.file === 0 && now.fileSector === old.fileSector;
      const written = this.#postRecoveryWrites.contentOf(old.guestSector);
      if (isSamePlace && !isWritten && written === undefined) return;
      const wanted = written === undefined ? old.versions : [only(written)];
      for (const version of wanted) {
        const other = now.versions.find((candidate) =>
          candidate.content !== version.content &&
          this.#disk.decisions.isPossible([...version.because, ...candidate.because])
        );
        if (other) this.#reportChange(old.guestSector, version, other);
      }
    });
  }

  #areUnchanged(before: readonly Piece[], after: readonly Piece[], stamp: number): boolean {
    return before.length === after.length &&
      before.every((piece, i) => this.#isUnchanged(piece, after[i], stamp));
  }

  #isUnchanged(was: Piece, is: Piece, stamp: number): boolean {
    if (was.file !== 0) return was === is;
    if (is.file !== 0 || was.guestSector !== is.guestSector) return false;
    if (was.fileSector !== is.fileSector) return false;
    return was.candidates.every((_, i) => !this.#disk.isWrittenSince(was.fileSector + i, stamp));
  }

  #reportData(sector: number, version: Candidate, event: number): void {
    const { history } = this.#epoch;
    const allowed = history.versionsOf(sector)
      .filter((permitted) => permitted.event <= event)
      .map((permitted) => this.#describe(permitted.content));
    const detail = `guest sector ${sector} holds ${this.#describe(version.content)}, allowed: ${
      [...new Set(allowed)].join(" or ")
    }`;
    const violation: Violation = { kind: "wrong-data", subject: `guest sector ${sector}`, detail };
    this.#findings.push({ violation, event, because: version.because });
  }

  /** `was` is undefined where the sector could not be read at first. */
  #reportChange(sector: number, was: Candidate | undefined, is: Candidate): void {
    const before = was ? `held ${this.#describe(was.content)}` : "could not be read";
    this.#findings.push({
      violation: {
        kind: "aliasing",
        subject: `guest sector ${sector}`,
        detail: `guest sector ${sector} ${before} and, after other sectors were written, holds ` +
          this.#describe(is.content),
      },
      event: Math.max(this.#disk.decisions.earliestEvent, was?.event ?? -1, is.event),
      because: [...(was?.because ?? []), ...is.because],
    });
  }

  #describe(content: number): string {
    return this.#postRecoveryWrites.describe(content) ?? this.#epoch.history.describe(content);
  }

  #report(violation: Violation): void {
    this.#findings.push({ violation, event: this.#disk.decisions.earliestEvent, because: [] });
  }
}
