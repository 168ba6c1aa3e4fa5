import { Buffer } from "node:buffer";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";
import { type Cell, sectorsOf, uniform } from "./cells.ts";
import { type Examination, type Look, probeRange, type Seen } from "./examine.ts";

/**
 * What can be wrong with a driver's image after a crash, the gravest first.
 *
 * - `tool-crash`: one of QEMU's tools ended by a signal, or hung.
 * - `cannot-open`: it can't be opened for writing, and its checker can't mend that.
 * - `corrupt`: it opens as if all was well, and its checker finds it corrupt.
 * - `wrong-data`: something is read that never was there.
 * - `aliasing`: it changes when something else is written, or what is written reads as something else.
 * - `flushed-data-lost`: what a flush had made safe reads as something older.
 * - `cannot-read`: it opens, and a part of it can't be read or written.
 * - `needs-repair`: it opens only after somebody has repaired it by hand.
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
  /** What it is about. */
  readonly subject: string;
  /** What was expected and what was found. */
  readonly detail: string;
  /** The range of the guest's disk that shows it, if one does. */
  readonly range?: Pick<Cell, "offsetBytes" | "lengthBytes">;
  /** What that may read as: values of every byte. */
  readonly allowed?: readonly number[];
}

/** What a guest sector may hold; undefined where nobody knows what the guest was promised. */
export type Permitted = (sector: number) => readonly Uint8Array[] | undefined;

/** Hold what QEMU's tools made of an image against what the guest was promised. */
export function judge(
  examination: Examination,
  look: Look,
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
  look.cells.forEach((cell, i) => {
    const [before, after] = [examination.cells[i], examination.later[i]];
    const data = judgeCell(cell, before, permitted) ?? judgeLater(cell, { before, after }, look);
    if (data) violations.push(data);
  });
  return [...violations, ...judgeProbes(examination, look)];
}

function judgeCell(cell: Cell, seen: Seen, permitted: Permitted): DriverViolation | undefined {
  const subject = nameOf(cell);
  const range = rangeOf(cell);
  if (seen.kind === "error") return { kind: "cannot-read", subject, detail: seen.message, range };
  for (const [sector, startBytes] of sectorsOf(cell)) {
    const allowed = permitted(sector);
    if (!allowed) continue;
    const bytes = sectorOf(seen, startBytes);
    if (allowed.some((value) => Buffer.compare(value, bytes) === 0)) continue;
    // A value that was there before is old data; any other one belongs somewhere else.
    const pattern = uniform(bytes);
    const isOld = pattern !== undefined && cell.patterns.has(pattern);
    const detail = `${subject} reads as ${inWords(bytes)}, allowed: ` +
      [...new Set(allowed.map(inWords))].join(" or ");
    const kind = isOld ? "flushed-data-lost" : "wrong-data";
    return { kind, subject, detail, range, allowed: [...new Set(allowed.map(([first]) => first))] };
  }
  return undefined;
}

/** Nobody has written to the cell since. */
function judgeLater(
  cell: Cell,
  { before, after }: { readonly before: Seen; readonly after: Seen },
  { probes }: Look,
): DriverViolation | undefined {
  const subject = nameOf(cell);
  const range = rangeOf(cell);
  if (after.kind === "error") return { kind: "cannot-read", subject, detail: after.message, range };
  const isPattern = before.kind === "pattern" && after.kind === "pattern";
  if (isPattern && before.pattern === after.pattern) return undefined;
  const [was, is] = [before, after].map((seen) => bytesOf(seen, cell.lengthBytes));
  if (Buffer.compare(was, is) === 0) return undefined;
  const at = is.findIndex((byte, i) => byte !== was[i]);
  const probe = probes.find(({ pattern }) => pattern === is[at]);
  const written = probe ? `at ${placeOf(probe.offsetBytes)}` : "elsewhere";
  const detail =
    `${subject} read as ${inWords(was)}; after something was written ${written} it reads ` +
    `as ${inWords(is.subarray(at))}`;
  return { kind: "aliasing", subject, detail, range, allowed: [was[0]] };
}

function judgeProbes({ probes, probeErrors }: Examination, look: Look): DriverViolation[] {
  const violations = probeErrors.map((detail): DriverViolation => ({
    ...{ kind: "cannot-read", subject: "writing after the crash", detail },
  }));
  probes.forEach((seen, i) => {
    const { offsetBytes, pattern } = look.probes[i];
    if (seen.kind === "pattern" && seen.pattern === pattern) return;
    const subject = `what is written at ${placeOf(offsetBytes)} after the crash`;
    const range = probeRange(look.probes[i]);
    if (seen.kind === "error") {
      violations.push({ kind: "cannot-read", subject, detail: seen.message, range });
    } else {
      const found = seen.kind === "pattern" ? `0x${hex(seen.pattern)}` : "a mixture";
      const detail = `${subject} reads as ${found}`;
      violations.push({ kind: "aliasing", subject, detail, range, allowed: [pattern] });
    }
  });
  return violations;
}

function bytesOf(seen: Seen, lengthBytes: number): Uint8Array {
  if (seen.kind === "bytes") return seen.bytes;
  return new Uint8Array(lengthBytes).fill(seen.kind === "pattern" ? seen.pattern : 0);
}

/** The sector that starts so far into what was seen. */
function sectorOf(seen: Seen, startBytes: number): Uint8Array {
  return seen.kind === "bytes"
    ? seen.bytes.subarray(startBytes, startBytes + SECTOR_BYTES)
    : bytesOf(seen, SECTOR_BYTES);
}

function rangeOf({ offsetBytes, lengthBytes }: Cell): DriverViolation["range"] & object {
  return { offsetBytes, lengthBytes };
}

function nameOf({ offsetBytes }: Cell): string {
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
