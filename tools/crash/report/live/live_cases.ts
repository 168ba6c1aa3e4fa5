import {
  eventWords,
  type FoundViolation,
  type ReferenceContext,
  type ReportDocument,
  type ReportViolation,
  type Target,
} from "../../../../harness/advanced.ts";
import { PROFILES } from "../../../../lib/mod.ts";
import { liveScript } from "./bundle_live.ts";
import { type LiveCase, PieceStore } from "./live_data.ts";

/** The most characters in a report, which must open at once. */
const MAX_CHARACTERS = 3_000_000;
/** A longer log cannot be stepped through event by event. */
const MAX_EVENTS = 2000;
/** A larger file is left out. */
const MAX_BASE_BYTES = 2 ** 23;

/** Collects the cases that a report can check in the browser. */
export class LiveCases {
  readonly #store = new PieceStore();
  readonly #cases: LiveCase[] = [];

  /** Add the case of a violation. Returns its number, or why it is left out. */
  add(
    context: ReferenceContext,
    violation: FoundViolation,
  ): Pick<ReportViolation, "liveCase" | "noLive"> {
    const noLive = this.#reasonAgainst(context, violation);
    if (noLive !== undefined) return { noLive };
    return { liveCase: this.#cases.push(this.#caseOf(context, violation)) - 1 };
  }

  /** A report with the code and data that check its cases; without a bundler it says why it has none. */
  async complete(report: ReportDocument): Promise<ReportDocument> {
    if (this.#cases.length === 0) return report;
    const bundle = await liveScript();
    if (bundle.kind === "missing") {
      return {
        ...report,
        violations: report.violations.map((each) => without(each, bundle.reason)),
      };
    }
    const { script, modules } = bundle;
    return { ...report, live: { script, modules, data: this.data() } };
  }

  /** The cases as JSON. */
  data(): string {
    return JSON.stringify({ pieces: this.#store.pieces, cases: this.#cases });
  }

  get #characters(): number {
    return this.#store.pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  #caseOf(context: ReferenceContext, violation: FoundViolation): LiveCase {
    const { log, target, preset, watched, leakedBeforeBytes } = context;
    return {
      ...{ preset: preset.name, profile: profileOf(target)!, watched, leakedBeforeBytes },
      clusterBytes: target.allocationUnitBytes,
      postRecoveryWrites: target.postRecoveryWrites,
      base: this.#store.source(log.base, [{ offsetBytes: 0, lengthBytes: log.base.sizeBytes }]),
      guestBase: this.#store.source(log.guestBase, watched),
      events: log.events.map((event) => this.#store.event(event)),
      words: eventWords(log, target),
      start: { event: violation.crashAfterEvent, choices: violation.choices },
    };
  }

  /** Why a report cannot check a case in the browser; undefined if it can. */
  #reasonAgainst(
    { log, target, preset }: ReferenceContext,
    violation: FoundViolation,
  ): string | undefined {
    if (profileOf(target) === undefined) return "only our own QED driver runs in a page";
    if (target.otherFiles.length > 0) return "the image has a backing file";
    if (violation.nested) return "it takes a crash of the recovery as well";
    if (preset.tears || preset.corruptionBytes > 0) return `${preset.name} has no checkboxes`;
    if (log.events.length > MAX_EVENTS) return `the log has ${log.events.length} events`;
    if (log.base.sizeBytes > MAX_BASE_BYTES) return `the image has ${log.base.sizeBytes} bytes`;
    if (this.#characters > MAX_CHARACTERS) return "the page would become too large";
    return undefined;
  }
}

/** A violation that is not to be tried out after all. */
function without(violation: ReportViolation, reason: string): ReportViolation {
  const { liveCase, ...rest } = violation;
  return liveCase === undefined ? violation : { ...rest, noLive: reason };
}

/** The ordering profile of our QED driver, by name; undefined for other targets and for variants. */
function profileOf({ name }: Target): string | undefined {
  const [, profile = ""] = /^qed \((.*)\)$/.exec(name) ?? [];
  return Object.hasOwn(PROFILES, profile) ? profile : undefined;
}
