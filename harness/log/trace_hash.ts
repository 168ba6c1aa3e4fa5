import { createHash } from "node:crypto";
import type { Preset } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { type ByteSource, type LogEvent, storageSource, type WriteLog } from "./write_log.ts";

const CHUNK_BYTES = 2 ** 20;
/** A larger file is not read as a whole: it may be sparse, and of any size. */
const MAX_HASHED_BYTES = 2 ** 28;

/** The inputs of a check, besides the log. */
export interface TraceContext {
  /** The fault preset. */
  readonly preset: Preset;
  /** The format, and files other than the one under test. */
  readonly target: Target;
}

/**
 * A short name for a log and the inputs of its checks: equal when all of them are equal. Of files
 * above 256 MiB only the size, the first MiB and the ranges that the log writes count.
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
    add(source, 0, source.sizeBytes > MAX_HASHED_BYTES ? CHUNK_BYTES : source.sizeBytes);
  }
  const isLarge = log.base.sizeBytes > MAX_HASHED_BYTES;
  for (const event of log.events) {
    if (isLarge && event.kind === "write-issued") {
      add(log.base, event.offsetBytes, event.offsetBytes + event.bytes.length);
    }
    hash.update(line(event)).update("bytes" in event ? event.bytes : "");
  }
  hash.update(JSON.stringify([nameInHash(preset), target.name, target.postRecoveryWrites]));
  return hash.digest("hex").slice(0, 16);
}

/**
 * The name of a preset as it goes into the hash. The one that corrupts neighbours goes in under its
 * former name, so that replay files of earlier versions still fit their logs.
 */
function nameInHash({ name, corruptionBytes }: Preset): string {
  return name === `neighbour-corruption(${corruptionBytes})`
    ? `destruction(${corruptionBytes})`
    : name;
}

/** An event without its bytes, the same however its fields came about. */
function line(event: LogEvent): string {
  const fields = Object.entries("bytes" in event ? { ...event, bytes: event.bytes.length } : event);
  return JSON.stringify(fields.sort(([a], [b]) => a < b ? -1 : 1));
}
