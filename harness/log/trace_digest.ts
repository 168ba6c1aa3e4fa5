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
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, SECTORS, type Target, traceDifference, traceDigest } from "@powercut/powercut/harness";
 *
 * const target: Target<void> = {
 *   name: "nothing",
 *   dataLabels: new Set(),
 *   allocationUnitBytes: 512,
 *   otherFiles: [],
 *   postRecoveryWrites: [],
 *   beforeEachState() {},
 *   *recover() {},
 *   *inspect() {
 *     return { problems: [], leakedBytes: 0 };
 *   },
 *   *read() {},
 *   *write(_, offsetBytes, bytes) {
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   },
 *   refusal: () => undefined,
 * };
 * const [before, after] = [0, 512].map((offsetBytes) => {
 *   const recorder = new Recorder({ base: new Uint8Array(1024) });
 *   recorder.run(target.write(undefined, offsetBytes, new Uint8Array(512)));
 *   return traceDigest(recorder.log, { preset: SECTORS, target });
 * });
 * assertEquals(
 *   traceDifference(before, after),
 *   'event 0 was "write 512 bytes at 0 (data), contents 076a27c7" and is now ' +
 *     '"write 512 bytes at 512 (data), contents 076a27c7"',
 * );
 * ```
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
 * import { traceDifference } from "@powercut/powercut/harness";
 *
 * const digest = { base: "", around: "", checkedWith: "sectors", events: ["guest flushes"] };
 * assertEquals(traceDifference(digest, { ...digest, events: [] }), 'event 0 was "guest flushes" and ' +
 *   "is not there any more");
 * assertEquals(traceDifference(digest, digest), undefined);
 * ```
 */
export function traceDifference(before: TraceDigest, now: TraceDigest): string | undefined {
  if (before.checkedWith !== now.checkedWith) {
    return `it was judged with "${before.checkedWith}" and is now with "${now.checkedWith}"`;
  }
  if (before.base !== now.base) return "the file before the first event has changed";
  if (before.around !== now.around) return "what the guest's disk held before has changed";
  const count = Math.max(before.events.length, now.events.length);
  for (let at = 0; at < count; at++) {
    const [was, is] = [before.events[at], now.events[at]];
    if (was === is) continue;
    if (is === undefined) return `event ${at} was "${was}" and is not there any more`;
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
