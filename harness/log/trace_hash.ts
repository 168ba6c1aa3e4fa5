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
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, SECTORS, type Target, traceHash } from "@powercut/powercut/harness";
 *
 * // A format of one sector, which needs no recovery.
 * const target: Target<void> = {
 *   name: "sector",
 *   dataLabels: new Set(["data"]),
 *   allocationUnitBytes: 512,
 *   otherFiles: [],
 *   postRecoveryWrites: [],
 *   beforeEachState() {},
 *   *recover() {},
 *   *inspect() {
 *     return { problems: [], leakedBytes: 0 };
 *   },
 *   *read(_, offsetBytes, into) {
 *     yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
 *   },
 *   *write(_, offsetBytes, bytes) {
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   },
 *   refusal: () => undefined,
 * };
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * const bytes = new Uint8Array(512).fill(1);
 * recorder.guestWrite(0, bytes, target.write(undefined, 0, bytes));
 * const hash = traceHash(recorder.log, { preset: SECTORS, target });
 * recorder.mark("one event more");
 * assertEquals(hash === traceHash(recorder.log, { preset: SECTORS, target }), false);
 * ```
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
