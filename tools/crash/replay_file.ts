import {
  type FoundViolation,
  type Step,
  type TraceDigest,
  type Violation,
  VIOLATION_KINDS,
} from "../../harness/mod.ts";
import { type ImageSpec, ruleBrokenBySpec } from "../../scenarios/qed/image_spec.ts";
import { UsageError } from "../kit/usage_error.ts";
import { withCurrentNames } from "./former_names.ts";
import { parseSteps } from "./parse_steps.ts";

/** A violation as a file: what to run, where to crash, and which choices to make. */
export interface ReplayFile {
  /** The version of this format. */
  readonly powercut: 1;
  /** What produced the log. */
  readonly source:
    | { readonly scenario: string; readonly case: number; readonly steps?: readonly Step[] }
    | { readonly image: ImageSpec; readonly steps: readonly Step[] }
    | { readonly log: string; readonly base: string };
  /** The ordering profile, for people. */
  readonly profile: string;
  /** The fault preset. */
  readonly preset: string;
  /** The log that the choice sequence belongs to; another one is refused. */
  readonly traceHash: string;
  /** The crash comes after this event. */
  readonly crashAfterEvent: number;
  /** Which choices build the state. */
  readonly choices: readonly number[];
  /** Crashes of recoveries after that one, the first one first. */
  readonly nested?: readonly { readonly afterEvent: number; readonly choices: readonly number[] }[];
  /** What it shows. */
  readonly violation: Violation;
  /** Why, in sentences. */
  readonly explanation?: readonly string[];
  /** What the hash is of, so that it can be said what has changed. */
  readonly trace?: TraceDigest;
}

/** The replay file of a violation. */
export function replayFileOf(
  violation: FoundViolation,
  context: Pick<ReplayFile, "source" | "profile" | "preset" | "traceHash">,
): ReplayFile {
  const { kind, subject, detail, crashAfterEvent, choices, nested } = violation;
  return {
    powercut: 1,
    ...context,
    crashAfterEvent,
    choices,
    ...(nested && { nested: nested.map(({ afterEvent, choices }) => ({ afterEvent, choices })) }),
    violation: { kind, subject, detail },
  };
}

/** Read a replay file back. Throws {@linkcode UsageError} that names the field that is wrong. */
export function parseReplayFile(text: string): ReplayFile {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(text, withCurrentNames);
  } catch (error) {
    throw new UsageError(`not a replay file: ${(error as Error).message}`);
  }
  const check = (field: string, rule: string, holds: boolean) => {
    if (!holds) {
      throw new UsageError(`replay file: ${field} is ${JSON.stringify(parsed?.[field])}: ${rule}`);
    }
  };
  if (typeof parsed !== "object" || parsed === null) throw new UsageError("not a replay file");
  check("powercut", "must be 1", parsed.powercut === 1);
  for (const field of ["profile", "preset", "traceHash"]) {
    check(field, "must be a text", typeof parsed[field] === "string");
  }
  const isIndex = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isEvent = (value: unknown) => isIndex(value) || value === -1;
  const isChoices = (value: unknown) => Array.isArray(value) && value.every(isIndex);
  check("crashAfterEvent", "must be an event's number, or -1", isEvent(parsed.crashAfterEvent));
  check("choices", "must be a list of numbers", isChoices(parsed.choices));
  check(
    "nested",
    "must be a list of crashes, each with afterEvent and choices",
    parsed.nested === undefined || Array.isArray(parsed.nested) &&
        parsed.nested.every((each) => isEvent(each?.afterEvent) && isChoices(each?.choices)),
  );
  const source = parsed.source as Record<string, unknown> | undefined;
  const isScenario = typeof source?.scenario === "string" && isIndex(source.case);
  const isLog = typeof source?.log === "string" && typeof source?.base === "string";
  const isImage = source !== undefined && source?.image !== undefined;
  check(
    "source",
    "must name a scenario and a case, or a log and its base, or an image and steps",
    isScenario || isLog || isImage,
  );
  if (isImage) {
    const rule = ruleBrokenBySpec(source.image);
    check("source", rule ?? "", rule === undefined);
  }
  if (isImage || source?.steps !== undefined) parseSteps(JSON.stringify(source?.steps ?? null));
  checkExplanation(parsed, check);
  const violation = parsed.violation as Record<string, unknown> | undefined;
  check(
    "violation",
    `must have a kind (${VIOLATION_KINDS.join(", ")}) and a subject`,
    VIOLATION_KINDS.some((kind) => kind === violation?.kind) &&
      typeof violation?.subject === "string",
  );
  return parsed as unknown as ReplayFile;
}

/** What is there for people, and for a better message, must have its form too. */
function checkExplanation(
  { explanation, trace }: Readonly<Record<string, unknown>>,
  check: (field: string, rule: string, holds: boolean) => void,
): void {
  const isTexts = (value: unknown) =>
    Array.isArray(value) && value.every((each) => typeof each === "string");
  check(
    "explanation",
    "must be a list of texts",
    explanation === undefined || isTexts(explanation),
  );
  const { base, around, checkedWith, events } = (trace ?? {}) as Record<string, unknown>;
  const isDigest = [base, around, checkedWith].every((each) => typeof each === "string") &&
    isTexts(events);
  check("trace", "must be a digest of a trace", trace === undefined || isDigest);
}
