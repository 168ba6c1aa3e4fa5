import { createHash } from "node:crypto";
import { type ByteSource, describeEvent, storageSource, type WriteLog } from "./write_log.ts";
import type { TraceContext } from "./trace_hash.ts";

/** A larger file is not read as a whole. */
const MAX_BYTES = 2 ** 24;

/** A digest of a trace, small enough to be stored beside its hash. */
export interface TraceDigest {
  /** The file before the first event. */
  readonly base: string;
  /** The initial contents of the guest's disk, and files other than the one under test. */
  readonly around: string;
  /** The preset, the target and its post-recovery writes. */
  readonly checkedWith: string;
  /** The events, a line each, with a hash of the bytes written. */
  readonly events: readonly string[];
}

/**
 * Digest a log, for {@linkcode traceDifference}.
 */
export function traceDigest(log: WriteLog, { preset, target }: TraceContext): TraceDigest {
  const around = [log.guestBase, ...target.otherFiles.map(storageSource)];
  return {
    base: hashOf(log.base),
    around: around.map(hashOf).join(" "),
    checkedWith: `${preset.name}, ${target.name}, post-recovery writes ${
      JSON.stringify(target.postRecoveryWrites)
    }`,
    events: log.events.map((event) => {
      const contents = "bytes" in event ? `, contents ${short(event.bytes)}` : "";
      return `${describeEvent(event)}${contents}`;
    }),
  };
}

/**
 * The first thing in which two traces differ, in words; undefined if nothing does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { traceDifference } from "@powercut/powercut/harness/advanced";
 *
 * const digest = { base: "", around: "", checkedWith: "sectors", events: ["guest flushes"] };
 * assertEquals(traceDifference(digest, { ...digest, events: [] }), 'event 0 was "guest flushes" and ' +
 *   "is missing now");
 * assertEquals(traceDifference(digest, digest), undefined);
 * ```
 */
export function traceDifference(before: TraceDigest, now: TraceDigest): string | undefined {
  if (before.checkedWith !== now.checkedWith) {
    return `it was checked with "${before.checkedWith}" and is now checked with "${now.checkedWith}"`;
  }
  if (before.base !== now.base) return "the file before the first event has changed";
  if (before.around !== now.around) return "the initial contents of the guest's disk have changed";
  const count = Math.max(before.events.length, now.events.length);
  for (let at = 0; at < count; at++) {
    const [was, is] = [before.events[at], now.events[at]];
    if (was === is) continue;
    if (is === undefined) return `event ${at} was "${was}" and is missing now`;
    if (was === undefined) return `event ${at}, "${is}", is new`;
    return `event ${at} was "${was}" and is now "${is}"`;
  }
  return undefined;
}

function hashOf(source: ByteSource): string {
  const bytes = new Uint8Array(Math.min(source.sizeBytes, MAX_BYTES));
  source.read(0, bytes);
  return `${source.sizeBytes} bytes ${short(bytes)}`;
}

function short(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 8);
}
