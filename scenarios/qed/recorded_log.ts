import {
  type ByteSource,
  type DmLogEntry,
  eventsOf,
  type LogEvent,
  LogFormatError,
  PagedStorage,
  parseDmLog,
  storageSource,
  type Target,
  type WriteLog,
} from "../../harness/mod.ts";
import { ImageChain } from "../../lib/chain/mod.ts";
import { decodeLog, isLog } from "../../harness/log/log_file.ts";
import { type QedImage, QEMU, runSync } from "../../lib/mod.ts";
import { GuestView, readView } from "./guest_view.ts";
import { type OpenedBacking, qedTarget } from "./qed_target.ts";
import { type EventsWithGuest, withGuest } from "./submitted_log.ts";

/** A recorded log that is damaged, or that does not belong to its base image. */
export class RecordedLogError extends Error {
  /** The name of this kind of error. */
  override readonly name = "RecordedLogError";
}

/** A log as a file. */
export interface LogFile {
  /** The file's path, for messages. */
  readonly path: string;
  /** Its bytes. */
  readonly bytes: Uint8Array;
}

/** A recorded log, ready to be explored; its base image is open until it is disposed of. */
export interface RecordedLog extends Disposable {
  /** The log with the guest's requests as far as they can be told. */
  readonly log: WriteLog;
  /** Our QED driver, ordering as QEMU does. */
  readonly target: Target<QedImage>;
  /** The size of the guest's disk in bytes. */
  readonly guestBytes: number;
  /** For each event of the log the entry of the file that it comes from. */
  readonly entryOfEvent: readonly number[];
  /** How many entries the file has. */
  readonly entryCount: number;
  /** How many clusters of the guest's disk were mapped before the log. */
  readonly mappedClusters: number;
  /** How many of these are read after each recovery, beside all that the log writes. */
  readonly watchedClusters: number;
}

/** Clusters that the log does not write and that are read all the same after each recovery. */
const MOST_BYSTANDERS = 1024;

/**
 * Read a dm-log-writes log of a QED session, or one of our own recorder (see submitted_log.ts), and
 * the image as it was before it.
 *
 * The log does not say what the guest asked for, but a replay in order shows what it got: whatever
 * an entry changes on the guest's disk, the guest had asked for; and what it sees when a flush
 * entry is done is durable. Throws {@linkcode RecordedLogError} for a bad log or one that
 * does not fit, and `HostError` for a base image that can't be opened.
 */
export function setUpLog(file: LogFile, basePath: string): RecordedLog {
  const input = parse(file);
  const base = ImageChain.open(basePath, { format: "qed" });
  try {
    return {
      ...recordedOn(base, input, file.path),
      [Symbol.dispose]: () => base[Symbol.dispose](),
    };
  } catch (error) {
    base[Symbol.dispose]();
    throw error;
  }
}

/** What is in a log file, whatever its format. */
interface LogInput {
  readonly entryCount: number;
  /** Where the entries write and discard. */
  readonly ranges: readonly EntryRange[];
  /** The events, with what the guest asked for, as a replay on `view` shows it. */
  eventsOn(view: GuestView): EventsWithGuest;
}

/** Where an entry writes or discards. */
interface EntryRange {
  readonly name: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly isDiscard: boolean;
}

function parse({ path, bytes }: LogFile): LogInput {
  try {
    return isLog(bytes) ? submitted(decodeLog(bytes).events) : completed(parseDmLog(bytes));
  } catch (error) {
    if (error instanceof LogFormatError) throw new RecordedLogError(`${path}: ${error.message}`);
    throw error;
  }
}

function completed(entries: readonly DmLogEntry[]): LogInput {
  return {
    entryCount: entries.length,
    ranges: entries.filter(({ bytes, isDiscard }) => bytes || isDiscard).map((entry) => ({
      ...entry,
      name: `entry ${entry.index} sector at offset ${entry.logOffsetBytes}`,
    })),
    eventsOn: (view) => eventsWithGuest(entries, view),
  };
}

function submitted(events: readonly LogEvent[]): LogInput {
  const ranges = events.flatMap((event, i): EntryRange[] => {
    const name = `event ${i} offset`;
    if (event.kind === "discarded") return [{ ...event, name, isDiscard: true }];
    if (event.kind !== "write-issued") return [];
    return [{ ...event, name, lengthBytes: event.bytes.length, isDiscard: false }];
  });
  return { entryCount: events.length, ranges, eventsOn: (view) => withGuest(events, view) };
}

function recordedOn(
  base: ImageChain,
  input: LogInput,
  logPath: string,
): Omit<RecordedLog, typeof Symbol.dispose> {
  const source = storageSource(base.top.storage);
  const { image } = base;
  const backing = backingOf(base);
  const { clusterBytes } = image.geometry;
  const guestBytes = Number(image.imageBytes);
  const range = (cluster: number) => ({
    offsetBytes: cluster * clusterBytes,
    lengthBytes: Math.min(clusterBytes, guestBytes - cluster * clusterBytes),
  });
  checkRanges(input.ranges, source.sizeBytes, logPath);
  const view = new GuestView(new PagedStorage(source), backing, image);
  const bystanders = view.mappedClusters(MOST_BYSTANDERS).map(range);
  const mappedClusters = view.mappedCount;
  const { events, entryOfEvent } = input.eventsOn(view);
  const misfit = view.misfit();
  if (misfit !== undefined) {
    throw new RecordedLogError(
      `${logPath}: the base image does not fit the log: replayed in order, it leaves no image ` +
        `(${misfit})`,
    );
  }
  const postRecoveryWrites = view.freeClusters(2).map(range);
  const target = qedTarget({
    profile: QEMU,
    clusterBytes,
    postRecoveryWrites,
    ...(backing && { backing }),
  });
  assertRecovers(target, source);
  return {
    log: { base: source, guestBase: guestSource(base), events, bystanders },
    target,
    guestBytes,
    entryOfEvent,
    entryCount: input.entryCount,
    mappedClusters,
    watchedClusters: bystanders.length,
  };
}

/** A base image that can't be opened for writing says nothing about crashes. */
function assertRecovers(target: Target<QedImage>, source: ByteSource): void {
  try {
    runSync(target.recover(), [new PagedStorage(source), ...target.otherFiles]);
  } catch (error) {
    const refusal = target.refusal(error);
    if (refusal === undefined) throw error;
    throw new RecordedLogError(`the base image can't be opened for writing: ${refusal.detail}`);
  }
}

function eventsWithGuest(
  entries: readonly DmLogEntry[],
  view: GuestView,
): EventsWithGuest {
  const events: LogEvent[] = [];
  const entryOfEvent: number[] = [];
  let nextId = 2 * entries.length;
  for (const entry of entries) {
    const label = view.labelOf(entry.offsetBytes, entry.lengthBytes);
    const add = (event: LogEvent) => {
      events.push(event);
      entryOfEvent.push(entry.index);
    };
    for (const event of eventsOf(entry, label)) {
      if (event.kind === "write-issued" || event.kind === "discarded") {
        const seen = view.apply(event);
        const ids = seen.map(({ offsetBytes, bytes }) => {
          add({ kind: "guest-write-begun", id: nextId, offsetBytes, bytes });
          return nextId++;
        });
        add(event);
        for (const id of ids) add({ kind: "guest-acknowledged", id });
      } else add(event);
      if (event.kind === "flush-completed") {
        add({ kind: "guest-flush-begun", id: nextId, isAllocating: view.isAllocating() });
        add({ kind: "guest-acknowledged", id: nextId++ });
      }
    }
  }
  return { events, entryOfEvent };
}

/**
 * How much of the file, in all, entries may skip behind its end, or discard: an image grows as it
 * is written, and what a log says costs memory.
 */
const MOST_UNWRITTEN_BYTES = 2 ** 28;

/** Entries must touch the base image, or what the entries before them made of it. */
function checkRanges(entries: readonly EntryRange[], baseBytes: number, logPath: string): void {
  let endBytes = baseBytes;
  let unwrittenBytes = 0;
  for (const { name, offsetBytes, lengthBytes, isDiscard } of entries) {
    const gapBytes = Math.max(0, offsetBytes - endBytes);
    unwrittenBytes += isDiscard ? lengthBytes + gapBytes : gapBytes;
    if (unwrittenBytes > MOST_UNWRITTEN_BYTES) {
      throw new RecordedLogError(
        `${logPath}: ${name} is ${offsetBytes} bytes: ` +
          `the base image does not fit the log: with ${lengthBytes} bytes from there, ` +
          `${unwrittenBytes} in all are discarded or skipped behind the end of the file at ` +
          `${endBytes}`,
      );
    }
    if (!isDiscard) endBytes = Math.max(endBytes, offsetBytes + lengthBytes);
  }
}

/** What the guest saw before the log, read through the image when asked for. */
function guestSource(base: ImageChain): ByteSource {
  const sizeBytes = Number(base.guestBytes);
  return {
    // A huge disk must not be hashed whole: what the guest saw follows from the base anyway.
    sizeBytes: 0,
    read(offsetBytes, into) {
      const there = Math.max(0, Math.min(into.length, sizeBytes - offsetBytes));
      base.run(readView(base.image, offsetBytes, into.subarray(0, there)));
      into.fill(0, there);
    },
  };
}

function backingOf(base: ImageChain): OpenedBacking | undefined {
  const source = base.image.backing;
  return source && { source, files: base.layers.slice(1).map((layer) => layer.storage) };
}
