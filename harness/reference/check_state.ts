import { Buffer } from "node:buffer";
import type { SyncStorage } from "../../lib/storage/mod.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { EngineOptions } from "../result/exploration.ts";
import type { GuestRange, Target } from "../target/target.ts";
import type { Violation } from "../result/violation.ts";
import { describeSector } from "../result/describe_sector.ts";
import type { CrashPoint } from "./crash_point.ts";
import { CrashPoints } from "./crash_points.ts";
import type { Preset } from "../model/presets.ts";
import { postRecoveryBytes } from "../target/watch_list.ts";
import { type CheckContext, checkContext } from "../target/check_context.ts";
import { runTarget } from "../target/run_target.ts";
import { refusalOf } from "../target/target_error.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** A {@linkcode CheckContext} and the crash points of its log, built the plain way. */
export interface ReferenceContext extends CheckContext {
  /** The crash points of the log. */
  readonly points: CrashPoints;
}

/**
 * Prepare to check states of `log`. Throws {@linkcode NotDeterministicError} if two recoveries of
 * the target differ, and {@linkcode TargetError} if it throws anything but a refusal.
 */
export function prepareContext(
  log: WriteLog,
  target: Target,
  preset: Preset,
  options: EngineOptions,
): ReferenceContext {
  const context = checkContext(log, target, preset, options.guestBytes);
  return { ...context, points: new CrashPoints(log, preset) };
}

/**
 * Check one concrete file that a crash at `point` left: recover it and check every promise, byte by
 * byte. The plain counterpart of the lazy engine's oracle. After crashes during recovery
 * `nestedGrowthBytes` is the growth that they caused: that much more may be lost.
 */
export function checkState(
  context: ReferenceContext,
  point: CrashPoint,
  file: SyncStorage,
  nestedGrowthBytes = 0,
): Violation[] {
  const { target } = context;
  const violations: Violation[] = [];
  const files = [file, ...target.otherFiles];
  target.beforeEachState();
  let kind: "cannot-open" | "unusable" = "cannot-open";
  try {
    const session = runTarget(target.recover(), files);
    kind = "unusable";
    const inspection = runTarget(target.inspect(session), files);
    for (const problem of inspection.problems) {
      violations.push({ kind: "inconsistent", subject: problem, detail: problem });
    }
    const unit = target.allocationUnitBytes;
    const nestedGrowth = Math.ceil(nestedGrowthBytes / unit) * unit;
    const allowed = context.leakedBeforeBytes + allowedLossBytes(context, point) + nestedGrowth;
    if (inspection.leakedBytes > allowed) {
      const detail = `${inspection.leakedBytes} bytes leaked, ${allowed} were being allocated`;
      violations.push({ kind: "leak", subject: "more than was in flight", detail });
    }
    checkData(context, point, { files, session, violations });
  } catch (error) {
    violations.push({ kind, ...refusalOf(target, error) });
  }
  return violations;
}

/**
 * The possible growth of the file, in whole units, since the acknowledgement of the last flush that
 * covered all guest writes, plus the space given up.
 */
function allowedLossBytes(
  { target }: ReferenceContext,
  { guest, largestSizeBytes }: CrashPoint,
): number {
  const { settledBytes, givenUpBytes } = guest;
  const unit = target.allocationUnitBytes;
  const grownBytes = Math.max(0, largestSizeBytes - settledBytes);
  return Math.ceil(grownBytes / unit) * unit + givenUpBytes;
}

/** A recovered file, and the list for its violations. */
interface Subject {
  readonly files: readonly SyncStorage[];
  readonly session: unknown;
  readonly violations: Violation[];
}

function checkData(context: ReferenceContext, point: CrashPoint, subject: Subject): void {
  const { target, watched } = context;
  const { violations } = subject;
  const permitted = (sector: number) => point.guest.permitted(sector);
  const isPermitted = (sector: number, bytes: Uint8Array) =>
    permitted(sector).some((value) => equal(value, bytes)) ||
    context.preset.tears && isTornOf(permitted(sector), bytes);
  const before = watched.map((range) => {
    const seen = read(target, subject, range);
    eachSector(range, seen, (sector, bytes) => {
      if (isPermitted(sector, bytes)) return;
      const allowed = permitted(sector).map(describeSector);
      violations.push({
        kind: "wrong-data",
        subject: `guest sector ${sector}`,
        detail: `guest sector ${sector} holds ${describeSector(bytes)}, allowed: ` +
          allowed.join(" or "),
      });
    });
    return seen;
  });
  const written = new Map<number, Uint8Array>();
  for (const range of target.postRecoveryWrites) {
    const bytes = postRecoveryBytes(range);
    attempt(
      target,
      violations,
      () => runTarget(target.write(subject.session, range.offsetBytes, bytes), subject.files),
    );
    eachSector(range, bytes, (sector, piece) => written.set(sector, piece));
  }
  watched.forEach((range, i) => {
    const old = before[i];
    eachSector(range, read(target, subject, range), (sector, bytes, at) => {
      const wanted = written.get(sector) ?? old?.subarray(at, at + SECTOR_BYTES);
      // Sectors unreadable before the post-recovery writes must hold a permitted value once they
      // become readable.
      if (wanted ? equal(wanted, bytes) : isPermitted(sector, bytes)) return;
      violations.push({
        kind: "aliasing",
        subject: `guest sector ${sector}`,
        detail: `guest sector ${sector} changed to ${describeSector(bytes)} when another one was ` +
          "written",
      });
    });
  });
}

/** Read a range; undefined, and a violation, if that is refused. */
function read(target: Target, subject: Subject, range: GuestRange): Uint8Array | undefined {
  const into = new Uint8Array(range.lengthBytes);
  const isRead = attempt(
    target,
    subject.violations,
    () => runTarget(target.read(subject.session, range.offsetBytes, into), subject.files),
  );
  return isRead ? into : undefined;
}

/** Run an operation that the format may refuse. Returns whether it did not. */
function attempt(target: Target, violations: Violation[], act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    violations.push({ kind: "unusable", ...refusalOf(target, error) });
    return false;
  }
}

function eachSector(
  range: GuestRange,
  bytes: Uint8Array | undefined,
  visit: (sector: number, bytes: Uint8Array, atBytes: number) => void,
): void {
  if (!bytes) return;
  for (let at = 0; at < range.lengthBytes; at += SECTOR_BYTES) {
    const sector = (range.offsetBytes + at) / SECTOR_BYTES;
    visit(sector, bytes.subarray(at, at + SECTOR_BYTES), at);
  }
}

/** Whether `bytes` are the start of one of `values` and the rest of another, in groups of 8 bytes. */
function isTornOf(values: readonly Uint8Array[], bytes: Uint8Array): boolean {
  for (let at = 8; at < bytes.length; at += 8) {
    const hasHead = values.some((value) => equal(value.subarray(0, at), bytes.subarray(0, at)));
    if (hasHead && values.some((value) => equal(value.subarray(at), bytes.subarray(at)))) {
      return true;
    }
  }
  return false;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
