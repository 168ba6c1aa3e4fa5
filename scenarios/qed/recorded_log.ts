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
} from "../../harness/advanced.ts";
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

/** A recorded log, ready to be explored; its base image stays open until disposal. */
export interface RecordedLog extends Disposable {
  /** The log, with the guest's requests as far as a replay shows them. */
  readonly log: WriteLog;
  /** Our QED driver, ordering as QEMU does. */
  readonly target: Target<QedImage>;
  /** The size of the guest's disk in bytes. */
  readonly guestBytes: number;
  /** For each event of the log, the entry of the file that it comes from. */
  readonly entryOfEvent: readonly number[];
  /** The number of entries in the file. */
  readonly entryCount: number;
  /** The number of guest clusters that were mapped before the log. */
  readonly mappedClusters: number;
  /** How many of these the search reads after each recovery, besides all that the log writes. */
  readonly watchedClusters: number;
}

/** The search reads up to this many clusters that the log does not write, after each recovery. */
const MAX_BYSTANDERS = 1024;

/**
 * Read a log of a QED session, from dm-log-writes or our own recorder (see submitted_log.ts), and open
 * the image from before the session.
 *
 * The log does not hold the guest's requests, but a replay in order shows their effects: a change on
 * the guest's disk is a write of the guest, and its data at a completed flush is durable. Throws {@linkcode RecordedLogError} for a bad log or one that
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

/** The contents of a log file of any format. */
interface LogInput {
  readonly entryCount: number;
  /** The ranges that the entries write and discard. */
  readonly ranges: readonly EntryRange[];
  /** The events with the guest's requests, which a replay on `view` shows. */
  eventsOn(view: GuestView): EventsWithGuest;
}

/** The range that an entry writes or discards. */
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
  const bystanders = view.mappedClusters(MAX_BYSTANDERS).map(range);
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

/** Refuses a base image that cannot be opened for writing: recovery would fail in any state. */
function assertRecovers(target: Target<QedImage>, source: ByteSource): void {
  try {
    runSync(target.recover(), [new PagedStorage(source), ...target.otherFiles]);
  } catch (error) {
    const refusal = target.refusal(error);
    if (refusal === undefined) throw error;
    throw new RecordedLogError(`Cannot open the base image for writing: ${refusal.detail}`);
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
 * Entries may skip past the end of the file, or discard, this many bytes in all: images grow by
 * writes, and the gaps of a log cost memory.
 */
const MAX_UNWRITTEN_BYTES = 2 ** 28;

/** Checks that each entry touches the base image, as the entries before it left it. */
function checkRanges(entries: readonly EntryRange[], baseBytes: number, logPath: string): void {
  let endBytes = baseBytes;
  let unwrittenBytes = 0;
  for (const { name, offsetBytes, lengthBytes, isDiscard } of entries) {
    const gapBytes = Math.max(0, offsetBytes - endBytes);
    unwrittenBytes += isDiscard ? lengthBytes + gapBytes : gapBytes;
    if (unwrittenBytes > MAX_UNWRITTEN_BYTES) {
      throw new RecordedLogError(
        `${logPath}: ${name} is ${offsetBytes} bytes: ` +
          `the base image does not fit the log: with ${lengthBytes} bytes from there, ` +
          `${unwrittenBytes} in all are discarded or skipped past the end of the file at ` +
          `${endBytes}`,
      );
    }
    if (!isDiscard) endBytes = Math.max(endBytes, offsetBytes + lengthBytes);
  }
}

/** The guest's data before the log, read through the image on demand. */
function guestSource(base: ImageChain): ByteSource {
  const sizeBytes = Number(base.guestBytes);
  return {
    // Not the size of the disk, which would be hashed whole: the base determines the data anyway.
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
