/**
 * Write logs as files. Little endian throughout:
 *
 *     magic "PWRCUTLG", u32 version (1), u32 zero
 *     u64 length and bytes of the file's base, u64 length and bytes of the guest's base
 *     then for each event: u32 length of a JSON text, u32 length of the data, the text, the data
 *
 * The text is the event without its bytes, the data are the bytes.
 *
 * @module
 */
import { LogFormatError } from "./log_format_error.ts";
import { type ByteSource, bytesSource, type LogEvent, type WriteLog } from "./write_log.ts";

const MAGIC = new TextEncoder().encode("PWRCUTLG");
const VERSION = 1;
const HEADER_BYTES = 16;
const NO_BYTES = new Uint8Array(0);
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

const EVENT_KINDS: Readonly<Record<LogEvent["kind"], readonly string[]>> = {
  "write-issued": ["id", "offsetBytes"],
  "write-completed": ["id"],
  "write-failed": ["id"],
  "flush-issued": ["id"],
  "flush-completed": ["id"],
  "flush-failed": ["id"],
  "resized": ["sizeBytes"],
  "discarded": ["offsetBytes", "lengthBytes"],
  "guest-write-begun": ["id", "offsetBytes"],
  "guest-flush-begun": ["id"],
  "guest-acknowledged": ["id"],
  "guest-warned": [],
  "space-given-up": ["lengthBytes"],
  "mark": [],
};

/** A log as the bytes of a file. */
export function encodeLog(log: WriteLog): Uint8Array {
  const parts: Uint8Array[] = [MAGIC, u32(VERSION), u32(0)];
  for (const source of [log.base, log.guestBase]) {
    parts.push(u64(source.sizeBytes), allOf(source));
  }
  for (const event of log.events) parts.push(encodeEvent(event));
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** One event as in such a file. */
export function encodeEvent(event: LogEvent): Uint8Array {
  const { bytes = NO_BYTES, ...rest } = { bytes: undefined, ...event };
  const text = ENCODER.encode(JSON.stringify(rest));
  const record = new Uint8Array(8 + text.length + bytes.length);
  const lengths = new DataView(record.buffer);
  lengths.setUint32(0, text.length, true);
  lengths.setUint32(4, bytes.length, true);
  record.set(text, 8);
  record.set(bytes, 8 + text.length);
  return record;
}

/** The encoding of event number `at` by {@linkcode encodeEvent}; shares memory with `record`. */
export function decodeEvent(record: Uint8Array, at: number): LogEvent {
  const lengths = new DataView(record.buffer, record.byteOffset);
  const dataAt = 8 + lengths.getUint32(0, true);
  return parseEvent(record.subarray(8, dataAt), record.subarray(dataAt), `event ${at}`, 0);
}

/** Whether a file begins as such a log does. */
export function isLog(file: Uint8Array): boolean {
  return file.length >= MAGIC.length && MAGIC.every((byte, i) => file[i] === byte);
}

/** Read a log back. Throws {@linkcode LogFormatError}; shares memory with `file`. */
export function decodeLog(file: Uint8Array): WriteLog {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES || !isLog(file)) {
    throw new LogFormatError("magic", 0, hexOf(file.subarray(0, 8)), 'must be "PWRCUTLG"');
  }
  const version = view.getUint32(8, true);
  if (version !== VERSION) throw new LogFormatError("version", 8, version, `must be ${VERSION}`);
  let at = HEADER_BYTES;
  const take = (field: string, lengthBytes: number): Uint8Array => {
    if (lengthBytes > file.length - at) {
      throw new LogFormatError(field, at, lengthBytes, `the file ends at ${file.length}`);
    }
    at += lengthBytes;
    return file.subarray(at - lengthBytes, at);
  };
  const takeSource = (field: string): ByteSource => {
    const lengthAt = at;
    take(`${field} length`, 8);
    return bytesSource(take(field, Number(view.getBigUint64(lengthAt, true))));
  };
  const base = takeSource("base");
  const guestBase = takeSource("guest base");
  const events: LogEvent[] = [];
  while (at < file.length) {
    const lengthsAt = at;
    const field = `event ${events.length}`;
    take(`${field} lengths`, 8);
    const text = take(`${field} text`, view.getUint32(lengthsAt, true));
    const data = take(`${field} data`, view.getUint32(lengthsAt + 4, true));
    events.push(parseEvent(text, data, field, lengthsAt));
  }
  return { base, guestBase, events };
}

function parseEvent(
  text: Uint8Array,
  data: Uint8Array,
  field: string,
  offsetBytes: number,
): LogEvent {
  const shown = DECODER.decode(text);
  const reject = (rule: string): never => {
    throw new LogFormatError(field, offsetBytes, shown.slice(0, 80), rule);
  };
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(shown);
  } catch {
    return reject("must be JSON");
  }
  const kind = String(parsed?.kind);
  if (!Object.hasOwn(EVENT_KINDS, kind)) return reject("must be an event of a known kind");
  for (const name of EVENT_KINDS[kind as LogEvent["kind"]]) {
    const value = parsed[name];
    if (!Number.isSafeInteger(value) || (value as number) < 0) reject(`${name} must be a size`);
  }
  for (const name of ["label", "text"]) {
    if (name in parsed && typeof parsed[name] !== "string") reject(`${name} must be a text`);
  }
  const hasBytes = parsed.kind === "write-issued" || parsed.kind === "guest-write-begun";
  return (hasBytes ? { ...parsed, bytes: data } : parsed) as LogEvent;
}

function allOf(source: ByteSource): Uint8Array {
  const bytes = new Uint8Array(source.sizeBytes);
  source.read(0, bytes);
  return bytes;
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
