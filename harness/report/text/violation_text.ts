import type {
  FoundNestedCrash,
  FoundViolation,
  PersistedVersion,
} from "../../result/exploration.ts";
import { describeEvent, type WriteLog } from "../../log/write_log.ts";

/**
 * A violation in a few lines: what is wrong, when the crash came, what reached the disk.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { type FoundViolation, Recorder, violationText } from "@powercut/powercut/harness";
 *
 * const violation: FoundViolation = {
 *   kind: "leak",
 *   subject: "more than was in flight",
 *   detail: "4096 bytes leaked",
 *   crashAfterEvent: -1,
 *   persisted: [],
 *   pendingWrites: 0,
 *   sizeBytes: 512,
 *   choices: [],
 *   occurrences: 1,
 * };
 * const { log } = new Recorder({ base: new Uint8Array(512) });
 * assertStringIncludes(violationText(violation, log), "crash after nothing at all");
 * ```
 */
export function violationText(violation: FoundViolation, log: WriteLog): string {
  const { kind, detail, crashAfterEvent, persisted, pendingWrites, sizeBytes } = violation;
  const { corruption, nested = [] } = violation;
  const event = log.events[crashAfterEvent];
  const after = event ? `event ${crashAfterEvent}, ${describeEvent(event)}` : "nothing at all";
  const reached = persisted.length === 0
    ? ["    nothing of what was on its way"]
    : persisted.map((version) => `    ${persistedText(version, log)}`);
  return [
    `${kind}: ${detail}`,
    `  crash after ${after}`,
    `  of ${pendingWrites} write(s) on their way, this reached the disk ` +
    `(the file has ${sizeBytes} bytes):`,
    ...reached,
    ...(corruption
      ? [`  event ${corruption.event} was in flight and left ${corruption.fill} all around it`]
      : []),
    ...nested.flatMap(nestedCrashText),
  ].join("\n");
}

/** A crash of a recovery, in a few lines; its log has no more than what is said here. */
function nestedCrashText({ afterEvent, persisted, sizeBytes }: FoundNestedCrash): string[] {
  const reached = persisted.map(({ event, label, lengthBytes, offsetBytes }) =>
    `    event ${event} of the recovery: ${label}, ${lengthBytes} bytes at ${offsetBytes}`
  );
  return [
    `  then recovery was cut short after its event ${afterEvent}, and of it this reached the disk ` +
    `(the file has ${sizeBytes} bytes):`,
    ...(reached.length > 0 ? reached : ["    nothing"]),
  ];
}

/** What of a write reached the disk, in one line. */
export function persistedText(version: PersistedVersion, log: WriteLog): string {
  const event = log.events[version.event];
  const whole = "bytes" in event ? event.bytes.length : version.lengthBytes;
  const part = whole === version.lengthBytes ? "" : ` of ${whole}`;
  return `event ${version.event}: ${version.label}, ${version.lengthBytes}${part} bytes at ` +
    `${version.offsetBytes}`;
}
