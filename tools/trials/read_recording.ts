import { decodeLog, isLog } from "../../harness/log/log_file.ts";
import {
  type ByteSource,
  CrashPoints,
  eventsOf,
  LogFormatError,
  PagedStorage,
  parseDmLog,
  RecordedChoices,
  WRITES,
} from "../../harness/advanced.ts";
import { readFile } from "../kit/files.ts";
import { UsageError } from "../kit/usage_error.ts";
import type { Region } from "./regions.ts";
import type { ExaminationPlan } from "./examine.ts";
import type { DriverFormat } from "./formats.ts";
import { qemuImg } from "./qemu_img.ts";
import { costsOf, labelOf, type Recording } from "./record.ts";
import { SparseImage, writeImage } from "./sparse_image.ts";
import { type SubmittedEntries, submittedEntries } from "./submitted_entries.ts";
import { PROBE_BYTES, probesAt } from "./workloads.ts";

/** A region is read in one request. */
const MAX_REGION_BYTES = 64 * 1024;
/** At most this many regions are read after each crash. */
const MAX_REGIONS = 256;
const PROBES = 3;
/** Probes start at multiples of this, in bytes: larger than any cluster that is usual. */
const PROBE_ALIGNMENT = 2 ** 20;

/** A range of `qemu-img map`. */
interface MappedRange {
  readonly start: number;
  readonly length: number;
  readonly data: boolean;
}

/**
 * Read a log from a file, and the image before it. The log does not say what the guest was promised, so
 * the guest's data is not checked. Uses `folder`. Throws {@linkcode UsageError} for a log or an image that
 * can't be used.
 */
export async function readRecording(
  format: DriverFormat,
  { logPath, basePath, folder }: { logPath: string; basePath: string; folder: string },
): Promise<Recording> {
  const base = readBase(basePath);
  const { logBytes, entries, events, entryOfEvent, knowsSubmission } = parse(logPath, base);
  const log = { base, guestBase: new PagedStorage(base), events };
  await linkBacking(format, basePath, folder);
  const last = `${folder}/last.img`;
  const point = new CrashPoints(log, WRITES).after(events.length - 1);
  // Everything has reached the disk.
  const units = point.units.map(({ versions }) => versions.length - 1);
  const sizes = point.sizes.length > 1 ? [point.sizes.length - 1] : [];
  writeImage(last, point.build(new RecordedChoices([...units, ...sizes])), base);
  return {
    ...{ format, workload: "log", base, backing: undefined, logBytes, entries, log, entryOfEvent },
    plan: await planExamination(format, last, basePath),
    knowsGuest: false,
    ...(knowsSubmission && { knowsSubmission }),
    ...costsOf(entries),
    resizes: 0,
  };
}

function parse(logPath: string, base: ByteSource): SubmittedEntries {
  const logBytes = readFile(logPath);
  try {
    if (isLog(logBytes)) return submittedEntries(decodeLog(logBytes).events, base);
    const entries = parseDmLog(logBytes);
    return {
      ...{ logBytes, entries },
      events: entries.flatMap((entry) => eventsOf(entry, labelOf(entry))),
      entryOfEvent: entries.flatMap((entry) => eventsOf(entry, "").map(() => entry.index)),
    };
  } catch (error) {
    if (error instanceof LogFormatError) throw new UsageError(`${logPath}: ${error.message}`);
    throw error;
  }
}

function readBase(path: string): SparseImage {
  try {
    if (!Deno.statSync(path).isFile) throw new UsageError(`${path}: not a regular file`);
    return new SparseImage(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`can't read ${path}: ${(error as Error).message}`);
  }
}

/** A backing file that is named relative to the image must be found from `folder` too. */
async function linkBacking(
  { driver }: DriverFormat,
  basePath: string,
  folder: string,
): Promise<void> {
  const args = ["info", "-U", "--output=json", "-f", driver, basePath];
  const { code, stdout, stderr } = await qemuImg(args);
  if (code !== 0) throw new UsageError(`${basePath}: ${stderr.trim()}`);
  const { "backing-filename": name, "full-backing-filename": path } = JSON.parse(stdout);
  if (name === undefined || name.includes("/")) return;
  Deno.symlinkSync(Deno.realPathSync(path), `${folder}/${name}`);
}

/** Plan to read the ranges that are mapped at the end of the log, and to probe places that are not. */
async function planExamination(
  { driver }: DriverFormat,
  path: string,
  basePath: string,
): Promise<ExaminationPlan> {
  const { code, stdout, stderr } = await qemuImg(["map", "--output=json", "-f", driver, path]);
  if (code !== 0) {
    const reason = stderr.trim().replaceAll(path, "the image").split("\n").pop();
    throw new UsageError(
      `${basePath}: with all of the log in it, it is no ${driver} image: ${reason}`,
    );
  }
  const ranges = JSON.parse(stdout) as readonly MappedRange[];
  const regions: Region[] = [];
  const free: number[] = [];
  for (const { start, length, data } of ranges) {
    if (data) addRegions(regions, start, length);
    else addFree(free, start, length);
  }
  const places = [...new Set([0, Math.floor(free.length / 2), free.length - 1])].slice(0, PROBES);
  const probes = probesAt(places.flatMap((place) => free[place] ?? []));
  return { regions: regions.slice(0, MAX_REGIONS), probes };
}

function addRegions(regions: Region[], start: number, length: number): void {
  for (let at = 0; at < length && regions.length < MAX_REGIONS; at += MAX_REGION_BYTES) {
    const lengthBytes = Math.min(MAX_REGION_BYTES, length - at);
    regions.push({ offsetBytes: start + at, lengthBytes, patterns: new Set() });
  }
}

function addFree(free: number[], start: number, length: number): void {
  const first = Math.ceil(start / PROBE_ALIGNMENT) * PROBE_ALIGNMENT;
  for (let at = first; at + PROBE_BYTES <= start + length; at += PROBE_ALIGNMENT) free.push(at);
}
