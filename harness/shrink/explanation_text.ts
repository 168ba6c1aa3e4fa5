import type { FoundViolation } from "../result/exploration.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { Target } from "../target/target.ts";
import type { Explanation, Remedy } from "./explain.ts";
import { nameEvent, pointTo } from "./name_event.ts";

/** The violation and the log of an explanation. */
export interface Explained {
  /** The log. */
  readonly log: WriteLog;
  /** The format; it may have better names for writes. */
  readonly target: Target;
  /** The violation. */
  readonly violation: FoundViolation;
}

/**
 * An explanation in sentences: the writes that reached the disk and those that did not, the
 * required order, and the missing flush.
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
  // Of a write that is there in part, the rest is what is missing.
  const isTorn = (at: number) => reached.includes(at);
  const away = (missed.length > 0 ? missed : lost)
    .map((at) => isTorn(at) ? `the rest of ${name(at)}` : name(at));
  const later = there.length > 0
    ? listOf(reached.map(name).concat(there.slice(reached.length)))
    : pointTo(log, violation.crashAfterEvent);
  return [
    sentence(stateText(there, away)),
    ...missed.filter(isTorn).map((at) =>
      sentence(`${name(at)} must reach the disk as a whole, or be noticed to be torn`)
    ),
    ...(missed.every(isTorn)
      ? []
      : [sentence(orderText(missed.filter((at) => !isTorn(at)).map(name), later))]),
    ...remedyText(remedy, name, log).map(sentence),
  ];
}

function stateText(there: readonly string[], away: readonly string[]): string {
  const isAway = away.length === 0 ? "nothing was lost" : `${listOf(away)} did not`;
  if (there.length > 0) return `${listOf(there)} reached the disk; ${isAway}`;
  if (away.length === 0) return "no write was pending when the power was cut";
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
        "no order of the writes prevents it: the violation shows without any crash, with all of " +
        "them on disk",
      ];
    case "another disk":
      return [`no flush prevents it: ${DISK_FAULTS[remedy.reason]}`];
    case "several things":
      return ["no single added flush or reordered write prevents this failure"];
    case "unknown":
      return ["no change that prevents it was found, but not every change of the log was tried"];
  }
}

const DISK_FAULTS: Readonly<Record<(Remedy & { kind: "another disk" })["reason"], string>> = {
  "flushes do nothing": "the disk acknowledges flushes and ignores them",
  "a torn sector": "a sector holds the start of one version and the rest of another",
  "a corrupted neighbourhood": "an interrupted write corrupted its neighbourhood",
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
