import type { FoundViolation } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Target } from "../target/target.ts";
import type { Explanation, Remedy } from "./explain.ts";
import { nameEvent, pointTo } from "./name_event.ts";

/** What an explanation is about. */
export interface Explained {
  /** The log. */
  readonly log: WriteLog;
  /** The format; it may have better names for writes. */
  readonly target: Target;
  /** The violation. */
  readonly violation: FoundViolation;
}

/**
 * An explanation in sentences: what reached the disk and what did not, what had to be there before
 * what, and which flush is missing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { explanationText, Recorder, type Target } from "@powercut/powercut/harness";
 *
 * const target: Target<void> = {
 *   name: "sectors",
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
 *   describeWrite: ({ offsetBytes }) => `sector ${offsetBytes / 512}`,
 * };
 * const recorder = new Recorder({ base: new Uint8Array(1024) });
 * for (const at of [0, 512]) recorder.run(target.write(undefined, at, new Uint8Array(512)));
 * const persisted = [{ event: 2, offsetBytes: 512, lengthBytes: 512, label: "data" }];
 * const lines = explanationText({
 *   reached: [2],
 *   needsSize: false,
 *   lost: [0],
 *   missed: [0],
 *   remedy: { kind: "flush", places: [{ afterEvent: 1, beforeEvent: 2 }] },
 * }, {
 *   log: recorder.log,
 *   target,
 *   violation: {
 *     ...{ kind: "leak", subject: "", detail: "", crashAfterEvent: 2, persisted, choices: [] },
 *     ...{ pendingWrites: 2, sizeBytes: 1024, occurrences: 1 },
 *   },
 * });
 * assertEquals(lines, [
 *   "Sector 1 (data, event 2) reached the disk; sector 0 (data, event 0) did not.",
 *   "Sector 0 (data, event 0) must reach the disk before sector 1 (data, event 2).",
 *   "A flush is missing after event 1 (write 512 bytes at 0 (data): completed) and before " +
 *   "event 2 (write 512 bytes at 512 (data)).",
 * ]);
 * ```
 */
export function explanationText(
  explanation: Explanation,
  { log, target, violation }: Explained,
): string[] {
  const name = (at: number) => nameEvent(log, target, at);
  const { reached, lost, missed, needsSize, remedy } = explanation;
  const there = [
    ...reached.map((at) => `${partOf(log, violation, at)}${name(at)}`),
    ...(needsSize ? [`the size of ${violation.sizeBytes} bytes`] : []),
  ];
  const away = (missed.length > 0 ? missed : lost).map(name);
  const later = there.length > 0
    ? listOf(reached.map(name).concat(there.slice(reached.length)))
    : pointTo(log, violation.crashAfterEvent);
  return [
    sentence(stateText(there, away)),
    ...(missed.length === 0 ? [] : [sentence(orderText(missed.map(name), later))]),
    ...remedyText(remedy, name, log).map(sentence),
  ];
}

function stateText(there: readonly string[], away: readonly string[]): string {
  const isAway = away.length === 0 ? "nothing was lost" : `${listOf(away)} did not`;
  if (there.length > 0) return `${listOf(there)} reached the disk; ${isAway}`;
  if (away.length === 0) return "nothing was on its way when the power was cut";
  return `${listOf(away)} did not reach the disk`;
}

function orderText(missed: readonly string[], later: string): string {
  if (missed.length === 1) return `${missed[0]} must reach the disk before ${later}`;
  return `one of these must reach the disk before ${later}: ${missed.join("; ")}`;
}

function remedyText(remedy: Remedy, name: (at: number) => string, log: WriteLog): string[] {
  switch (remedy.kind) {
    case "flush": {
      const places = remedy.places.map(({ afterEvent, beforeEvent }) =>
        `after ${pointTo(log, afterEvent)} and before ${pointTo(log, beforeEvent)}`
      );
      if (places.length === 1) return [`a flush is missing ${places[0]}`];
      return [`a flush is missing in one of these places: ${places.join("; or ")}`];
    }
    case "earlier":
      return [
        `${name(remedy.event)} comes too late: it must be on disk before ` +
        pointTo(log, remedy.beforeEvent),
      ];
    case "other writes":
      return [
        "no order of the writes would help: the violation shows without any crash, with all of " +
        "them on disk",
      ];
    case "another disk":
      return [`no flush would help: ${DISK_FAULTS[remedy.reason]}`];
    case "several things":
      return ["no one flush put in, and no one write made earlier, would prevent it"];
    case "unknown":
      return ["what would prevent it was not found: not every change of the log was tried"];
  }
}

const DISK_FAULTS: Readonly<Record<(Remedy & { kind: "another disk" })["reason"], string>> = {
  "flushes do nothing": "the disk says that it flushes, and does not",
  "a torn sector": "a sector holds the start of one version and the rest of another",
  "a corrupted neighbourhood": "a write that was cut off corrupted what is around it",
};

/** How much of a write reached the disk, if not all of it. */
function partOf(log: WriteLog, { persisted }: FoundViolation, at: number): string {
  const event = log.events[at];
  if (event.kind !== "write-issued") return "";
  const bytes = persisted.filter((piece) => piece.event === at)
    .reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  return bytes === event.bytes.length ? "" : `${bytes} of ${event.bytes.length} bytes of `;
}

function listOf(names: readonly string[]): string {
  if (names.length <= 1) return names.join();
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
