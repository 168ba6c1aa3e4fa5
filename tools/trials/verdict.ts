import { Buffer } from "node:buffer";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";
import { type Region, sectorsOf, uniform } from "./regions.ts";
import { type Examination, type ExaminationPlan, probeRange, type ReadResult } from "./examine.ts";

/**
 * The classes of violation that a driver's image can show after a crash, the gravest first.
 *
 * - `tool-crash`: one of QEMU's tools ended by a signal, or hung.
 * - `cannot-open`: it cannot be opened for writing, also not after a repair.
 * - `corrupt`: it opens without an error, and its checker finds it corrupt.
 * - `wrong-data`: a read returns data that was never written there.
 * - `aliasing`: it changes when something else is written, or what is written reads as something else.
 * - `flushed-data-lost`: data that a flush made durable reads as something older.
 * - `cannot-read`: it opens, and a part of it can't be read or written.
 * - `needs-repair`: it opens only after a repair by hand.
 * - `leak`: space is lost. QEMU's documentation calls that harmless.
 */
export const DRIVER_CLASSES = [
  "tool-crash",
  "cannot-open",
  "corrupt",
  "wrong-data",
  "aliasing",
  "flushed-data-lost",
  "cannot-read",
  "needs-repair",
  "leak",
] as const;

/** One of {@linkcode DRIVER_CLASSES}. */
export type DriverClass = typeof DRIVER_CLASSES[number];

/** A broken promise. */
export interface DriverViolation {
  /** Its class. */
  readonly kind: DriverClass;
  /** The part of the image or the disk that is wrong. */
  readonly subject: string;
  /** The expected and the actual result. */
  readonly detail: string;
  /** The range of the guest's disk that shows it, if one does. */
  readonly range?: Pick<Region, "offsetBytes" | "lengthBytes">;
  /** The values of every byte that this range may read as. */
  readonly allowed?: readonly number[];
}

/** The contents that a guest sector may hold; undefined where the promises to the guest are not known. */
export type Permitted = (sector: number) => readonly Uint8Array[] | undefined;

/** Compare what QEMU's tools read from an image with what the guest was promised. */
export function checkExamination(
  examination: Examination,
  plan: ExaminationPlan,
  permitted: Permitted,
): DriverViolation[] {
  const { opens, refusal = "", check, crash } = examination;
  if (crash !== undefined) return [{ kind: "tool-crash", subject: crash, detail: crash }];
  if (opens === "never") return [{ kind: "cannot-open", subject: refusal, detail: refusal }];
  const violations: DriverViolation[] = [];
  if (opens === "after repair") {
    violations.push({ kind: "needs-repair", subject: refusal, detail: refusal });
  }
  if (check?.refusal !== undefined || (check && check.corruptions > 0)) {
    const detail = check.refusal ?? `qemu-img check finds ${check.corruptions} corruptions`;
    violations.push({ kind: "corrupt", subject: "qemu-img check", detail });
  } else if (check && check.leaks > 0) {
    const detail = `qemu-img check finds ${check.leaks} leaked clusters`;
    violations.push({ kind: "leak", subject: "qemu-img check", detail });
  }
  plan.regions.forEach((region, i) => {
    const [before, after] = [examination.regions[i], examination.later[i]];
    const data = checkRegion(region, before, permitted) ??
      checkLaterRead(region, { before, after }, plan);
    if (data) violations.push(data);
  });
  return [...violations, ...checkProbes(examination, plan)];
}

function checkRegion(
  region: Region,
  result: ReadResult,
  permitted: Permitted,
): DriverViolation | undefined {
  const subject = nameOf(region);
  const range = rangeOf(region);
  if (result.kind === "error") {
    return { kind: "cannot-read", subject, detail: result.message, range };
  }
  for (const [sector, startBytes] of sectorsOf(region)) {
    const allowed = permitted(sector);
    if (!allowed) continue;
    const bytes = sectorOf(result, startBytes);
    if (allowed.some((value) => Buffer.compare(value, bytes) === 0)) continue;
    // A value that was there before is old data; any other one belongs somewhere else.
    const pattern = uniform(bytes);
    const isOld = pattern !== undefined && region.patterns.has(pattern);
    const detail = `${subject} reads as ${inWords(bytes)}, allowed: ` +
      [...new Set(allowed.map(inWords))].join(" or ");
    const kind = isOld ? "flushed-data-lost" : "wrong-data";
    return { kind, subject, detail, range, allowed: [...new Set(allowed.map(([first]) => first))] };
  }
  return undefined;
}

/** Nothing has written to the region between the two reads. */
function checkLaterRead(
  region: Region,
  { before, after }: { readonly before: ReadResult; readonly after: ReadResult },
  { probes }: ExaminationPlan,
): DriverViolation | undefined {
  const subject = nameOf(region);
  const range = rangeOf(region);
  if (after.kind === "error") return { kind: "cannot-read", subject, detail: after.message, range };
  const isPattern = before.kind === "pattern" && after.kind === "pattern";
  if (isPattern && before.pattern === after.pattern) return undefined;
  const [was, is] = [before, after].map((result) => bytesOf(result, region.lengthBytes));
  if (Buffer.compare(was, is) === 0) return undefined;
  const at = is.findIndex((byte, i) => byte !== was[i]);
  const probe = probes.find(({ pattern }) => pattern === is[at]);
  const written = probe ? `at ${placeOf(probe.offsetBytes)}` : "elsewhere";
  const detail =
    `${subject} read as ${inWords(was)}; after something was written ${written} it reads ` +
    `as ${inWords(is.subarray(at))}`;
  return { kind: "aliasing", subject, detail, range, allowed: [was[0]] };
}

function checkProbes(
  { probes, probeErrors }: Examination,
  plan: ExaminationPlan,
): DriverViolation[] {
  const violations = probeErrors.map((detail): DriverViolation => ({
    ...{ kind: "cannot-read", subject: "writing after the crash", detail },
  }));
  probes.forEach((result, i) => {
    const { offsetBytes, pattern } = plan.probes[i];
    if (result.kind === "pattern" && result.pattern === pattern) return;
    const subject = `what is written at ${placeOf(offsetBytes)} after the crash`;
    const range = probeRange(plan.probes[i]);
    if (result.kind === "error") {
      violations.push({ kind: "cannot-read", subject, detail: result.message, range });
    } else {
      const found = result.kind === "pattern" ? `0x${hex(result.pattern)}` : "a mixture";
      const detail = `${subject} reads as ${found}`;
      violations.push({ kind: "aliasing", subject, detail, range, allowed: [pattern] });
    }
  });
  return violations;
}

function bytesOf(result: ReadResult, lengthBytes: number): Uint8Array {
  if (result.kind === "bytes") return result.bytes;
  return new Uint8Array(lengthBytes).fill(result.kind === "pattern" ? result.pattern : 0);
}

/** The sector that starts `startBytes` into a result. */
function sectorOf(result: ReadResult, startBytes: number): Uint8Array {
  return result.kind === "bytes"
    ? result.bytes.subarray(startBytes, startBytes + SECTOR_BYTES)
    : bytesOf(result, SECTOR_BYTES);
}

function rangeOf({ offsetBytes, lengthBytes }: Region): DriverViolation["range"] & object {
  return { offsetBytes, lengthBytes };
}

function nameOf({ offsetBytes }: Region): string {
  return `the guest's data at ${placeOf(offsetBytes)}`;
}

/** An offset for people: `1 MiB`, `4 KiB`, or bytes. */
export function placeOf(offsetBytes: number): string {
  for (const [unit, bytes] of [["MiB", 2 ** 20], ["KiB", 2 ** 10]] as const) {
    if (offsetBytes >= bytes && offsetBytes % bytes === 0) return `${offsetBytes / bytes} ${unit}`;
  }
  return `${offsetBytes}`;
}

function inWords(bytes: Uint8Array): string {
  const pattern = uniform(bytes);
  if (pattern === undefined) return `a mixture that begins with 0x${hex(bytes[0])}`;
  return pattern === 0 ? "zeroes" : `0x${hex(pattern)}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
