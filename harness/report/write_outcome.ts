import type { PersistedVersion } from "../result/exploration.ts";
import type { LogEvent } from "../log/write_log.ts";

/**
 * The outcome of a write: durable before the crash, or pending and on disk whole, in part or not at
 * all.
 */
export type WriteOutcome = "durable" | "reached" | "partly" | "lost";

/**
 * The outcome of the write or discard that event number `at` issued; undefined for other events.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { outcomeOf } from "@powercut/powercut/harness/advanced";
 *
 * const bytes = new Uint8Array(512);
 * const write = { kind: "write-issued", id: 1, offsetBytes: 0, bytes, label: "data" } as const;
 * assertEquals(outcomeOf(write, 7, { persisted: [], pendingEvents: new Set([7]) }), "lost");
 * assertEquals(outcomeOf(write, 7, { persisted: [], pendingEvents: new Set() }), "durable");
 * ```
 */
export function outcomeOf(
  event: LogEvent,
  at: number,
  { persisted, pendingEvents }: {
    readonly persisted: readonly PersistedVersion[];
    readonly pendingEvents: ReadonlySet<number>;
  },
): WriteOutcome | undefined {
  if (event.kind !== "write-issued" && event.kind !== "discarded") return undefined;
  if (!pendingEvents.has(at)) return "durable";
  const total = event.kind === "write-issued" ? event.bytes.length : event.lengthBytes;
  const there = persisted
    .filter((version) => version.event === at)
    .reduce((sum, version) => sum + version.lengthBytes, 0);
  if (there === 0) return "lost";
  return there === total ? "reached" : "partly";
}
