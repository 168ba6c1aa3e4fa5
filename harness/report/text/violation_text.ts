import type {
  FoundNestedCrash,
  FoundViolation,
  PersistedVersion,
} from "../../result/exploration.ts";
import { describeEvent, type WriteLog } from "../../log/write_log.ts";

/**
 * A violation in a few lines: the broken promise, the crash point, the writes that reached the
 * disk.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { type FoundViolation, Recorder, violationText } from "@powercut/powercut/harness/advanced";
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
    ? ["    no pending write"]
    : persisted.map((version) => `    ${persistedText(version, log)}`);
  return [
    `${kind}: ${detail}`,
    `  crash after ${after}`,
    `  of ${pendingWrites} pending write(s), these reached the disk ` +
    `(the file has ${sizeBytes} bytes):`,
    ...reached,
    ...(corruption
      ? [`  event ${corruption.event} was in flight and left ${corruption.fill} all around it`]
      : []),
    ...nested.flatMap(nestedCrashText),
  ].join("\n");
}

/** A crash during recovery, in a few lines. */
function nestedCrashText({ afterEvent, persisted, sizeBytes }: FoundNestedCrash): string[] {
  const reached = persisted.map(({ event, label, lengthBytes, offsetBytes }) =>
    `    event ${event} of the recovery: ${label}, ${lengthBytes} bytes at ${offsetBytes}`
  );
  return [
    `  then the power failed again after event ${afterEvent} of the recovery; these writes reached the disk ` +
    `(the file has ${sizeBytes} bytes):`,
    ...(reached.length > 0 ? reached : ["    nothing"]),
  ];
}

/** The part of a write that reached the disk, in one line. */
function persistedText(version: PersistedVersion, log: WriteLog): string {
  const event = log.events[version.event];
  const whole = "bytes" in event ? event.bytes.length : version.lengthBytes;
  const part = whole === version.lengthBytes ? "" : ` of ${whole}`;
  return `event ${version.event}: ${version.label}, ${version.lengthBytes}${part} bytes at ` +
    `${version.offsetBytes}`;
}
