import {
  type DmLogEntry,
  eventsOf,
  type LogEvent,
  parseDmLog,
  type WriteLog,
} from "../../harness/advanced.ts";
import { NbdRequestError } from "../../lib/nbd/mod.ts";
import { guestBase, patternOf, regionsOf, uniform } from "./regions.ts";
import type { ExaminationPlan } from "./examine.ts";
import { type DriverFormat, imageOptions, optionsOver } from "./formats.ts";
import { QemuDisk } from "./qemu_disk.ts";
import { qemuImg } from "./qemu_img.ts";
import { QemuToolError } from "./qemu_tool_error.ts";
import { SparseImage } from "./sparse_image.ts";
import { type DriverStep, type DriverWorkload, GUEST_BYTES } from "./workloads.ts";

/** A guest at work on an image, as QEMU's driver wrote it. */
export interface Recording {
  /** The format. */
  readonly format: DriverFormat;
  /** The name of the guest's workload, for reports. */
  readonly workload: string;
  /** The ranges to read and to write after a crash. */
  readonly plan: ExaminationPlan;
  /** Whether the recording says what the guest was promised, so that its data can be checked. */
  readonly knowsGuest: boolean;
  /** Whether the log says when each request was submitted, and not only in which order they completed. */
  readonly knowsSubmission?: true;
  /** The image before the log. */
  readonly base: SparseImage;
  /** Its backing file; undefined if it has none. */
  readonly backing: SparseImage | undefined;
  /** The log file. */
  readonly logBytes: Uint8Array;
  /** Its entries. */
  readonly entries: readonly DmLogEntry[];
  /** The log with the guest's requests at their exact places. */
  readonly log: WriteLog;
  /** For each event of the log, the entry that it comes from; -1 for an event that is not in the file. */
  readonly entryOfEvent: readonly number[];
  /** How many writes reached the file, how many flushes, and how many bytes. */
  readonly writes: number;
  readonly flushes: number;
  readonly writtenBytes: number;
  /** How often the file's size changed without a write: the log does not say when in a request. */
  readonly resizes: number;
}

/** The name of a backing file, in the folder of its overlay. */
export const BACKING_NAME = "backing.img";

/** How far the log and the image had got when a step was acknowledged, in bytes. */
interface Acknowledged {
  readonly logBytes: number;
  readonly imageBytes: number;
}

/**
 * Have QEMU's driver create an image and do what a guest asks for, one request at a time, with the log
 * recorded by QEMU's blklogwrites filter. Uses `folder`. Throws QemuToolError if the format can't be
 * created or opened, or a request fails.
 */
export async function recordDriver(
  format: DriverFormat,
  workload: DriverWorkload,
  folder: string,
): Promise<Recording> {
  const path = `${folder}/disk.img`;
  const logPath = `${folder}/session.log`;
  await create(format, workload, folder);
  const socketPath = `${folder}/disk.sock`;
  using prepare = await open(imageOptions(format, path), socketPath);
  for (const step of workload.prepared) await perform(prepare, step);
  await prepare.end();
  if (workload.hasSnapshot) await qemuImg(["snapshot", "-c", "before", path]);
  const base = new SparseImage(path);

  Deno.writeFileSync(logPath, new Uint8Array());
  using recorded = await open(
    optionsOver(format, [
      `file.driver=blklogwrites,file.file.driver=file,file.file.filename=${path}`,
      `file.log.driver=file,file.log.filename=${logPath}`,
    ]),
    socketPath,
  );
  const sizes = (): Acknowledged => ({
    logBytes: Deno.statSync(logPath).size,
    imageBytes: Deno.statSync(path).size,
  });
  const reached = [sizes()];
  for (const step of workload.steps) {
    await perform(recorded, step);
    reached.push(sizes());
  }
  await recorded.end();
  reached.push(sizes());
  const backing = workload.backing && new SparseImage(`${folder}/${BACKING_NAME}`);
  const logBytes = Deno.readFileSync(logPath);
  return { ...recordingOf(format, workload, { base, logBytes, reached }), backing };
}

async function create(
  { name, driver, createOptions }: DriverFormat,
  { backing }: DriverWorkload,
  folder: string,
): Promise<void> {
  if (backing) await createBacking(backing, `${folder}/${BACKING_NAME}`);
  const args = [
    ...["create", "-q", "-f", driver],
    ...(createOptions.length > 0 ? ["-o", createOptions.join(",")] : []),
    // A name that holds wherever the two files are together.
    ...(backing ? ["-b", BACKING_NAME, "-F", "raw"] : []),
    ...["disk.img", `${GUEST_BYTES}`],
  ];
  const { code, stderr } = await qemuImg(args, { cwd: folder });
  if (code === 0) return;
  throw new QemuToolError(`${name}: this QEMU can't create it: ${stderr.trim().split("\n").pop()}`);
}

async function createBacking(steps: readonly DriverStep[], path: string): Promise<void> {
  await qemuImg(["create", "-q", "-f", "raw", path, `${GUEST_BYTES}`]);
  const image = `driver=raw,file.driver=file,file.filename=${path}`;
  using disk = await open(image, `${path}.sock`);
  for (const step of steps) await perform(disk, step);
  await disk.end();
}

function open(image: string, socketPath: string): Promise<QemuDisk> {
  // Without write-back caching every write would be followed by a flush.
  return QemuDisk.open({ image, socketPath, cache: "writeback" });
}

/** Have the driver do what a step asks for. Throws {@linkcode QemuToolError} if it fails. */
async function perform(disk: QemuDisk, step: DriverStep): Promise<void> {
  try {
    await request(disk, step);
  } catch (error) {
    if (!(error instanceof NbdRequestError)) throw error;
    throw new QemuToolError(error.message, { cause: error });
  }
}

async function request(disk: QemuDisk, step: DriverStep): Promise<void> {
  switch (step.kind) {
    case "flush":
      return await disk.flush();
    case "write":
      return await disk.write(
        step.offsetBytes,
        new Uint8Array(step.lengthBytes).fill(step.pattern),
      );
    case "zero":
      return await disk.writeZeroes(step.offsetBytes, step.lengthBytes);
    case "discard":
      return await disk.discard(step.offsetBytes, step.lengthBytes);
  }
}

function recordingOf(
  format: DriverFormat,
  workload: DriverWorkload,
  { base, logBytes, reached }: {
    base: SparseImage;
    logBytes: Uint8Array;
    reached: readonly Acknowledged[];
  },
): Omit<Recording, "backing"> {
  const entries = parseDmLog(logBytes);
  const events = new EventBuilder(base.sizeBytes, 2 * entries.length);
  let next = 0;
  reached.forEach(({ logBytes, imageBytes }, place) => {
    // The first stretch is the opening's, the last one the closing's.
    const step = workload.steps[place - 1];
    const end = entries.findIndex(({ logOffsetBytes }) => logOffsetBytes >= logBytes);
    const stretch = entries.slice(next, end < 0 ? entries.length : end);
    next += stretch.length;
    events.addStretch(step, stretch, imageBytes);
  });
  return {
    ...{ format, base, logBytes, entries },
    ...costsOf(entries),
    workload: workload.name,
    plan: { regions: regionsOf(workload), probes: workload.probes },
    knowsGuest: true,
    log: { base, guestBase: guestBase(workload), events: events.events },
    entryOfEvent: events.entryOfEvent,
    resizes: events.resizes,
  };
}

/** How many writes and flushes a log holds, and how many bytes. */
export function costsOf(
  entries: readonly DmLogEntry[],
): Pick<Recording, "writes" | "flushes" | "writtenBytes"> {
  const written = entries.filter(({ bytes }) => bytes);
  return {
    writes: written.length,
    flushes: entries.filter(({ isFlush }) => isFlush).length,
    writtenBytes: written.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
  };
}

/** Puts the guest's requests around what the driver did for them. */
class EventBuilder {
  readonly events: LogEvent[] = [];
  readonly entryOfEvent: number[] = [];
  resizes = 0;
  #sizeBytes: number;
  #nextId: number;
  /** Acknowledged discards: the old data or zeroes may remain, neither is promised. */
  #discards: { readonly id: number; readonly offsetBytes: number; readonly endBytes: number }[] =
    [];

  constructor(sizeBytes: number, firstId: number) {
    this.#sizeBytes = sizeBytes;
    this.#nextId = firstId;
  }

  /** What was logged while a step was under way; undefined for opening and closing. */
  addStretch(
    step: DriverStep | undefined,
    entries: readonly DmLogEntry[],
    imageBytes: number,
  ): void {
    const id = this.#nextId++;
    if (step) this.#begin(step, id);
    const endBytes = Math.max(
      this.#sizeBytes,
      ...entries.map((entry) => entry.bytes ? entry.offsetBytes + entry.lengthBytes : 0),
    );
    if (endBytes !== imageBytes) {
      this.#add({ kind: "resized", sizeBytes: imageBytes, label: "size" });
      this.resizes++;
    }
    this.#sizeBytes = Math.max(imageBytes, endBytes);
    for (const entry of entries) {
      for (const event of eventsOf(entry, labelOf(entry))) this.#add(event, entry.index);
    }
    if (step && step.kind !== "discard") this.#add({ kind: "guest-acknowledged", id });
  }

  #begin(step: DriverStep, id: number): void {
    const pattern = patternOf(step);
    if (step.kind === "flush" || pattern === undefined) {
      this.#add({ kind: "guest-flush-begun", id });
      return;
    }
    const { offsetBytes, lengthBytes } = step;
    const endBytes = offsetBytes + lengthBytes;
    // What is written now settles what a discard had left open.
    for (const discard of this.#discards) {
      if (discard.offsetBytes >= endBytes || discard.endBytes <= offsetBytes) continue;
      this.#add({ kind: "guest-acknowledged", id: discard.id });
    }
    if (step.kind === "discard") this.#discards.push({ id, offsetBytes, endBytes });
    const bytes = new Uint8Array(lengthBytes).fill(pattern);
    this.#add({ kind: "guest-write-begun", id, offsetBytes, bytes });
  }

  #add(event: LogEvent, entry = -1): void {
    this.events.push(event);
    this.entryOfEvent.push(entry);
  }
}

/** What a write is about, as far as its bytes tell. */
export function labelOf({ offsetBytes, bytes }: Pick<DmLogEntry, "offsetBytes" | "bytes">): string {
  if (offsetBytes === 0) return "header";
  const pattern = bytes && uniform(bytes);
  return pattern ? "data" : "metadata";
}
