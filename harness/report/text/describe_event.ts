import { describeEvent, type WriteLog } from "../../log/write_log.ts";
import { applyEvent } from "../../model/apply_event.ts";
import { PagedStorage } from "../../model/paged_storage.ts";
import type { Target } from "../../target/target.ts";

/**
 * A description of each event of a log, with the meaning of a write where `target` describes it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { eventWords, PagedStorage } from "@powercut/powercut/harness/advanced";
 *
 * const base = new PagedStorage({ sizeBytes: 512, read: (_, into) => into.fill(0) });
 * const bytes = new Uint8Array(512);
 * const write = { kind: "write-issued", id: 1, offsetBytes: 0, bytes, label: "flag" } as const;
 * const log = { base, guestBase: base, events: [write] };
 * assertEquals(eventWords(log, {}), ["write 512 bytes at 0 (flag)"]);
 * assertEquals(eventWords(log, { describeWrite: () => "flag cleared" }), [
 *   "flag cleared: write 512 bytes at 0 (flag)",
 * ]);
 * ```
 */
export function eventWords(log: WriteLog, target: Pick<Target, "describeWrite">): string[] {
  const file = new PagedStorage(log.base);
  return log.events.map((event) => {
    const meaning = event.kind === "write-issued" ? target.describeWrite?.(event, file) : undefined;
    applyEvent(file, event);
    const words = describeEvent(event);
    return meaning === undefined ? words : `${meaning}: ${words}`;
  });
}
