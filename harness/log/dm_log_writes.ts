/**
 * Logs in the format of Linux's dm-log-writes target, which QEMU's `blklogwrites` filter records
 * too. A super block of one sector, then for each entry a sector that describes it, followed by
 * the data of a write. All fields are little endian.
 *
 * The log holds completed requests in order and no concurrency: an entry is written when its
 * request completes. So a flush entry covers the entries before it, and a write that was still
 * under way during a flush looks more durable than it was, if requests overlapped.
 *
 * @module
 */
import { LogFormatError } from "./log_format_error.ts";
import type { LogEvent } from "./write_log.ts";

/**
 * The magic number of the super block.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DM_LOG_MAGIC, encodeDmLog } from "@powercut/powercut/harness/advanced";
 *
 * const log = new DataView(encodeDmLog([]).buffer);
 * assertEquals(log.getBigUint64(0, true), DM_LOG_MAGIC);
 * ```
 */
export const DM_LOG_MAGIC = 0x6a736677736872n;
const VERSION = 1n;
const SUPER_BYTES = 28;
const ENTRY_BYTES = 32;
const FLAG = { FLUSH: 1n, FUA: 2n, DISCARD: 4n, MARK: 8n } as const;
const ALL_FLAGS = FLAG.FLUSH | FLAG.FUA | FLAG.DISCARD | FLAG.MARK;
const LEAST_SECTOR_BYTES = 512;
const MAX_SECTOR_BYTES = 2 ** 23;

/** One entry of a log. */
export interface DmLogEntry {
  /** Its number, from 0. */
  readonly index: number;
  /** Where it starts in the log file, in bytes. */
  readonly logOffsetBytes: number;
  /** Where it goes, in bytes. */
  readonly offsetBytes: number;
  /** How long it is, in bytes. */
  readonly lengthBytes: number;
  /** Whether everything before it is durable once it is done. */
  readonly isFlush: boolean;
  /** Whether it is durable itself once it is done. */
  readonly isForced: boolean;
  /** Whether it discards its range instead of writing it. */
  readonly isDiscard: boolean;
  /** The text of a mark; undefined for other entries. */
  readonly mark: string | undefined;
  /** The data of a write; shares memory with the file it was parsed from. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Parse a whole log file. An empty file is a log without entries: QEMU writes one if nothing was
 * written. Throws {@linkcode LogFormatError}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeDmLog, parseDmLog } from "@powercut/powercut/harness/advanced";
 *
 * const log = encodeDmLog([{ offsetBytes: 512, bytes: new Uint8Array(512) }, { isFlush: true }]);
 * assertEquals(parseDmLog(log).map(({ isFlush }) => isFlush), [false, true]);
 * ```
 */
export function parseDmLog(file: Uint8Array): DmLogEntry[] {
  if (file.length === 0) return [];
  const { sectorBytes, entryCount } = parseSuper(file);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const entries: DmLogEntry[] = [];
  let at = sectorBytes;
  for (let index = 0; index < entryCount; index++) {
    if (at + sectorBytes > file.length) {
      throw new LogFormatError(
        "nr_entries",
        16,
        entryCount,
        `the file of ${file.length} bytes ends in entry ${index}`,
      );
    }
    const entry = parseEntry(view, file, at, index, sectorBytes);
    entries.push(entry);
    at += sectorBytes + (entry.bytes ? entry.lengthBytes : 0);
  }
  return entries;
}

function parseSuper(file: Uint8Array): { sectorBytes: number; entryCount: number } {
  if (file.length < SUPER_BYTES) {
    throw new LogFormatError("super block", 0, `${file.length} bytes`, `must have ${SUPER_BYTES}`);
  }
  const view = new DataView(file.buffer, file.byteOffset);
  const magic = view.getBigUint64(0, true);
  if (magic !== DM_LOG_MAGIC) {
    throw new LogFormatError(
      "magic",
      0,
      `0x${magic.toString(16)}`,
      `must be 0x${DM_LOG_MAGIC.toString(16)}`,
    );
  }
  const version = view.getBigUint64(8, true);
  if (version !== VERSION) throw new LogFormatError("version", 8, version, `must be ${VERSION}`);
  const entryCount = view.getBigUint64(16, true);
  const sectorBytes = view.getUint32(24, true);
  const isPowerOfTwo = Number.isInteger(Math.log2(sectorBytes));
  if (!isPowerOfTwo || sectorBytes < LEAST_SECTOR_BYTES || sectorBytes > MAX_SECTOR_BYTES) {
    throw new LogFormatError(
      "sectorsize",
      24,
      sectorBytes,
      `must be a power of two from ${LEAST_SECTOR_BYTES} to ${MAX_SECTOR_BYTES}`,
    );
  }
  const most = Math.floor(file.length / sectorBytes) - 1;
  if (entryCount > BigInt(Math.max(0, most))) {
    throw new LogFormatError(
      "nr_entries",
      16,
      entryCount,
      `the file of ${file.length} bytes holds at most ${most}`,
    );
  }
  return { sectorBytes, entryCount: Number(entryCount) };
}

function parseEntry(
  view: DataView,
  file: Uint8Array,
  at: number,
  index: number,
  sectorBytes: number,
): DmLogEntry {
  const sector = view.getBigUint64(at, true);
  const sectorCount = view.getBigUint64(at + 8, true);
  const flags = view.getBigUint64(at + 16, true);
  const dataBytes = view.getBigUint64(at + 24, true);
  const reject = (field: string, offsetBytes: number, value: bigint, rule: string): never => {
    throw new LogFormatError(`entry ${index} ${field}`, offsetBytes, value, rule);
  };
  if ((flags & ~ALL_FLAGS) !== 0n) reject("flags", at + 16, flags, "has unknown bits");
  const maxSectors = BigInt(Number.MAX_SAFE_INTEGER) / BigInt(sectorBytes);
  if (sector + sectorCount > maxSectors) {
    reject("sector", at, sector, `with ${sectorCount} sectors goes past 2^53 bytes`);
  }
  const isDiscard = (flags & FLAG.DISCARD) !== 0n;
  const isMark = (flags & FLAG.MARK) !== 0n;
  const lengthBytes = Number(sectorCount) * sectorBytes;
  const hasData = !isDiscard && !isMark && lengthBytes > 0;
  if (hasData && at + sectorBytes + lengthBytes > file.length) {
    reject("nr_sectors", at + 8, sectorCount, `goes past the end of the file at ${file.length}`);
  }
  if (isMark && dataBytes > BigInt(sectorBytes - ENTRY_BYTES)) {
    reject("data_len", at + 24, dataBytes, "a mark's text must fit its sector");
  }
  const data = at + sectorBytes;
  const text = file.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + Number(dataBytes));
  return {
    index,
    logOffsetBytes: at,
    offsetBytes: Number(sector) * sectorBytes,
    lengthBytes,
    isFlush: (flags & FLAG.FLUSH) !== 0n,
    isForced: (flags & FLAG.FUA) !== 0n,
    isDiscard,
    mark: isMark ? new TextDecoder().decode(text) : undefined,
    bytes: hasData ? file.subarray(data, data + lengthBytes) : undefined,
  };
}

/**
 * The events of an entry. A flush is issued and completed before the write that the same entry may
 * carry: earlier writes are durable, the write itself is not (unless forced).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeDmLog, eventsOf, parseDmLog } from "@powercut/powercut/harness/advanced";
 *
 * const log = encodeDmLog([{ offsetBytes: 512, bytes: new Uint8Array(512) }, { isFlush: true }]);
 * const [write] = parseDmLog(log);
 * assertEquals(eventsOf(write, "data").map(({ kind }) => kind), ["write-issued", "write-completed"]);
 * ```
 */
export function eventsOf(entry: DmLogEntry, label: string): LogEvent[] {
  const { index, offsetBytes, lengthBytes, bytes } = entry;
  const events: LogEvent[] = [];
  if (entry.isFlush) {
    const id = 2 * index;
    events.push({ kind: "flush-issued", id, label: "recorded" }, { kind: "flush-completed", id });
  }
  if (entry.mark !== undefined) events.push({ kind: "mark", text: entry.mark });
  if (entry.isDiscard) events.push({ kind: "discarded", offsetBytes, lengthBytes, label });
  if (bytes) {
    const id = 2 * index + 1;
    const forceUnitAccess = entry.isForced;
    events.push(
      { kind: "write-issued", id, offsetBytes, bytes, label, forceUnitAccess },
      { kind: "write-completed", id },
    );
  }
  return events;
}

/** An entry to write; omitted fields are not set. */
export type NewDmLogEntry = Partial<Omit<DmLogEntry, "index" | "logOffsetBytes">>;

/**
 * Write entries as a log file with sectors of 512 bytes; ranges are multiples of that.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeDmLog, parseDmLog } from "@powercut/powercut/harness/advanced";
 *
 * const log = encodeDmLog([{ mark: "begin" }]);
 * assertEquals(parseDmLog(log)[0].mark, "begin");
 * ```
 */
export function encodeDmLog(entries: readonly NewDmLogEntry[]): Uint8Array {
  const sectorBytes = LEAST_SECTOR_BYTES;
  const dataBytes = entries.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  const file = new Uint8Array(sectorBytes * (1 + entries.length) + dataBytes);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, DM_LOG_MAGIC, true);
  view.setBigUint64(8, VERSION, true);
  view.setBigUint64(16, BigInt(entries.length), true);
  view.setUint32(24, sectorBytes, true);
  let at = sectorBytes;
  for (const { offsetBytes, lengthBytes, isFlush, isForced, isDiscard, mark, bytes } of entries) {
    const text = new TextEncoder().encode(mark ?? "");
    const flags = (isFlush ? FLAG.FLUSH : 0n) | (isForced ? FLAG.FUA : 0n) |
      (isDiscard ? FLAG.DISCARD : 0n) | (mark === undefined ? 0n : FLAG.MARK);
    const length = bytes?.length ?? lengthBytes ?? 0;
    view.setBigUint64(at, BigInt((offsetBytes ?? 0) / sectorBytes), true);
    view.setBigUint64(at + 8, BigInt(length / sectorBytes), true);
    view.setBigUint64(at + 16, flags, true);
    view.setBigUint64(at + 24, BigInt(text.length), true);
    file.set(text, at + ENTRY_BYTES);
    at += sectorBytes;
    if (bytes) file.set(bytes, at);
    at += bytes?.length ?? 0;
  }
  return file;
}
