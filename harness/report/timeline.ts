import type { PersistedVersion } from "../exploration.ts";
import { describeEvent, type LogEvent, type WriteLog } from "../log/write_log.ts";

/**
 * The log up to a crash, a line for each event, with a sign in front of each write: `=` durable,
 * `+` reached the disk, `~` reached it in part, `-` lost.
 */
export function timeline(
  log: WriteLog,
  crashAfterEvent: number,
  persisted: readonly PersistedVersion[],
  pendingEvents: ReadonlySet<number>,
): string {
  const lines: string[] = [];
  for (let at = 0; at <= crashAfterEvent; at++) {
    const event = log.events[at];
    if (event.kind === "write-completed" || event.kind === "flush-completed") continue;
    const sign = signOf(event, at, persisted, pendingEvents);
    const indent = event.kind.startsWith("guest-") ? "" : "  ";
    lines.push(`${String(at).padStart(5)} ${sign} ${indent}${describeEvent(event)}`);
  }
  lines.push("      ! crash");
  return lines.join("\n");
}

function signOf(
  event: LogEvent,
  at: number,
  persisted: readonly PersistedVersion[],
  pendingEvents: ReadonlySet<number>,
): string {
  if (event.kind !== "write-issued" && event.kind !== "discarded") return " ";
  if (!pendingEvents.has(at)) return "=";
  const total = event.kind === "write-issued" ? event.bytes.length : event.lengthBytes;
  const there = persisted
    .filter((version) => version.event === at)
    .reduce((sum, version) => sum + version.lengthBytes, 0);
  if (there === 0) return "-";
  return there === total ? "+" : "~";
}
