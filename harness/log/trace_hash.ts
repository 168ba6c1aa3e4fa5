import { createHash } from "node:crypto";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target.ts";
import { type ByteSource, type LogEvent, storageSource, type WriteLog } from "./write_log.ts";

const CHUNK_BYTES = 2 ** 20;
/** A larger file is not read as a whole: it may be sparse, and of any size. */
const MOST_HASHED_BYTES = 2 ** 28;

/** What a log is judged with. */
export interface TraceContext {
  /** The fault preset. */
  readonly preset: Preset;
  /** The format, and the files besides the one under test. */
  readonly target: Target;
}

/**
 * A short name for a log and what it is judged with: equal when all of it is equal. Of files above
 * 256 MiB only the size, the first MiB and what lies where the log writes count.
 */
export function traceHash(log: WriteLog, { preset, target }: TraceContext): string {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  const add = (source: ByteSource, from: number, to: number) => {
    for (let at = from; at < to; at += CHUNK_BYTES) {
      const piece = chunk.subarray(0, Math.min(CHUNK_BYTES, to - at));
      source.read(at, piece);
      hash.update(piece);
    }
  };
  for (const source of [log.base, log.guestBase, ...target.otherFiles.map(storageSource)]) {
    hash.update(`${source.sizeBytes};`);
    add(source, 0, source.sizeBytes > MOST_HASHED_BYTES ? CHUNK_BYTES : source.sizeBytes);
  }
  const isLarge = log.base.sizeBytes > MOST_HASHED_BYTES;
  for (const event of log.events) {
    if (isLarge && event.kind === "write-issued") {
      add(log.base, event.offsetBytes, event.offsetBytes + event.bytes.length);
    }
    hash.update(line(event)).update("bytes" in event ? event.bytes : "");
  }
  hash.update(JSON.stringify([preset.name, target.name, target.probes]));
  return hash.digest("hex").slice(0, 16);
}

/** An event without its bytes, the same however its fields came about. */
function line(event: LogEvent): string {
  const fields = Object.entries("bytes" in event ? { ...event, bytes: event.bytes.length } : event);
  return JSON.stringify(fields.sort(([a], [b]) => a < b ? -1 : 1));
}
