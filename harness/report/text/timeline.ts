import type { PersistedVersion } from "../../result/exploration.ts";
import type { WriteLog } from "../../log/write_log.ts";
import { timelineEvents } from "../timeline.ts";
import { outcomeOf, type WriteOutcome } from "../write_outcome.ts";

/**
 * The log up to a crash, a line for each event, with a sign before each write: `=` durable, `+`
 * reached the disk, `~` reached it in part, `-` lost.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, timeline } from "@powercut/powercut/harness/advanced";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * recorder.run((function* (): Operation<void> {
 *   for (const offsetBytes of [0, 512]) {
 *     const bytes = new Uint8Array(512).fill(1);
 *     yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
 *   }
 * })());
 * const pending = new Set([2]);
 * assertEquals(timeline(recorder.log, 3, [], pending).split("\n"), [
 *   "    0 =   write 512 bytes at 0 (data)",
 *   "    2 -   write 512 bytes at 512 (data)",
 *   "      ! crash",
 * ]);
 * ```
 */
export function timeline(
  log: WriteLog,
  crashAfterEvent: number,
  persisted: readonly PersistedVersion[],
  pendingEvents: ReadonlySet<number>,
): string {
  const options = {
    crashAfterEvent,
    outcomeOf: (at: number) => outcomeOf(log.events[at], at, { persisted, pendingEvents })!,
  };
  const lines: string[] = [];
  for (const { at, event, text, outcome } of timelineEvents(log, options)) {
    const sign = outcome ? SIGNS[outcome] : " ";
    const indent = event.kind.startsWith("guest-") ? "" : "  ";
    lines.push(`${String(at).padStart(5)} ${sign} ${indent}${text}`);
  }
  lines.push("      ! crash");
  return lines.join("\n");
}

const SIGNS: Readonly<Record<WriteOutcome, string>> = {
  durable: "=",
  reached: "+",
  partly: "~",
  lost: "-",
};
