import { type Contents, SECTOR_BYTES } from "../model/contents.ts";
import type { Epoch } from "../model/epochs.ts";
import type { GuestRange, Target } from "../target/target.ts";
import { type Violation, violationKey } from "../result/violation.ts";
import type { CrashDisk } from "./crash_disk.ts";
import type { Choose } from "./crash_layer.ts";
import type { Candidate, Decision } from "./decisions.ts";
import { GuestReader, only, type Piece } from "./guest_reader.ts";
import type { DataReads } from "./data_reads.ts";
import type { RecoveryEpoch } from "./recovery_log.ts";
import { probeBytes } from "../target/watch_list.ts";
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
  readonly #postRecoveryWrites: readonly {
    readonly range: GuestRange;
    readonly bytes: Uint8Array;
  }[];
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
    this.#postRecoveryWrites = options.target.postRecoveryWrites.map((range) => ({
      range,
      bytes: probeBytes(range),
    }));
  }

  /**
   * Judge the state that the disk is about to turn out to be in. With `choose` the first recovery is
   * cut short by another crash, and later ones may be; it decides where.
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
      this.#readAndProbe(session);
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
    const allowed = this.#allowedLeakBytes(event);
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

  /**
   * The growth of the file since the guest's last flush, in whole clusters, plus the space given
   * up.
   */
  #allowedLeakBytes(lastEvent: number): number {
    const unit = this.#options.target.allocationUnitBytes;
    let most = this.#epoch.settledBytes;
    for (const size of this.#epoch.sizes) {
      if (size.event <= lastEvent) most = Math.max(most, size.sizeBytes);
    }
    const grown = Math.ceil((most - this.#epoch.settledBytes) / unit) * unit;
    const givenUp = this.#epoch.givenUp.findLast(({ event }) => event <= lastEvent);
    const nestedGrowth = Math.ceil(this.#disk.grownBytes / unit) * unit;
    return this.#options.leakedBeforeBytes + grown + (givenUp?.totalBytes ?? 0) + nestedGrowth;
  }

  #readAndProbe(session: unknown): void {
    const { target, watched } = this.#options;
    const before = watched.map((range) => {
      const pieces = this.#attempt(() => this.#reader.read(session, range));
      for (const piece of pieces ?? []) this.#checkPiece(piece);
      return pieces;
    });
    if (this.#postRecoveryWrites.length === 0) return;
    const stamp = this.#disk.nextStamp();
    for (const { range, bytes } of this.#postRecoveryWrites) {
      this.#attempt(() =>
        runTarget(target.write(session, range.offsetBytes, bytes), this.#reader.files)
      );
    }
    watched.forEach((range, i) => {
      const old = before[i];
      const pieces = this.#attempt(() => this.#reader.read(session, range));
      if (!pieces) return;
      if (!old) this.#checkLate(pieces);
      else if (this.#isProbed(range) || !this.#areUnchanged(old, pieces, stamp)) {
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
      const probed = this.#probedContent(guestSector);
      for (const version of versions) {
        const event = Math.max(this.#disk.decisions.earliestEvent, version.event);
        const isFine = probed === undefined
          ? event >= this.#epoch.history.permittedSince(guestSector, version.content)
          : version.content === probed;
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
      const probed = this.#probedContent(old.guestSector);
      if (isSamePlace && !isWritten && probed === undefined) return;
      const wanted = probed === undefined ? old.versions : [only(probed)];
      for (const version of wanted) {
        const other = now.versions.find((candidate) =>
          candidate.content !== version.content &&
          this.#disk.decisions.isPossible([...version.because, ...candidate.because])
        );
        if (other) this.#reportChange(old.guestSector, version, other);
      }
    });
  }

  #isProbed(range: GuestRange): boolean {
    const endBytes = range.offsetBytes + range.lengthBytes;
    return this.#postRecoveryWrites.some(({ range: { offsetBytes, lengthBytes } }) =>
      offsetBytes < endBytes && offsetBytes + lengthBytes > range.offsetBytes
    );
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

  #probedContent(sector: number): number | undefined {
    const offsetBytes = sector * SECTOR_BYTES;
    // Of probes that overlap, the last one counts.
    const probe = this.#postRecoveryWrites.findLast(({ range }) =>
      offsetBytes >= range.offsetBytes && offsetBytes < range.offsetBytes + range.lengthBytes
    );
    return probe && this.#options.contents.idOf(probe.bytes, offsetBytes - probe.range.offsetBytes);
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
    for (const { range, bytes } of this.#postRecoveryWrites) {
      for (let at = 0; at < range.lengthBytes; at += SECTOR_BYTES) {
        if (this.#options.contents.idOf(bytes, at) !== content) continue;
        return `what was written to sector ${(range.offsetBytes + at) / SECTOR_BYTES} ` +
          "after the crash";
      }
    }
    return this.#epoch.history.describe(content);
  }

  #report(violation: Violation): void {
    this.#findings.push({ violation, event: this.#disk.decisions.earliestEvent, because: [] });
  }
}

/** A piece sector by sector. */
function sectorsOf({ guestSector, file, fileSector, candidates }: Piece) {
  return candidates.map((versions, i) => ({
    guestSector: guestSector + i,
    file,
    fileSector: fileSector < 0 ? -1 : fileSector + i,
    versions,
  }));
}
