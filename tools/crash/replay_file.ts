import * as v from "valibot";
import {
  type FoundViolation,
  type Step,
  type TraceDigest,
  type Violation,
  VIOLATION_KINDS,
} from "../../harness/advanced.ts";
import type { ImageSpec } from "../../scenarios/qed/image_spec.ts";
import { count, listOf, numberFrom, oneOf, parseJson, type Schema, text } from "../kit/schema.ts";
import { withCurrentNames } from "./former_names.ts";
import { byField, caseSource, fields, imageSpec, logSource, steps } from "./schemas.ts";

/** A violation as a file: the source of the log, the crash point and the choices. */
export interface ReplayFile {
  /** The version of this format. */
  readonly powercut: 1;
  /** The source of the log. */
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
  /** The violation. */
  readonly violation: Violation;
  /** Why, in sentences. */
  readonly explanation?: readonly string[];
  /** The contents of the hash, to describe a difference. */
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

const crash = { choices: listOf(count) };

const schema: Schema<ReplayFile> = fields({
  powercut: v.literal(1, "must be 1"),
  source: byField({
    scenario: fields({ ...caseSource, steps: v.exactOptional(steps) }),
    image: fields({ image: imageSpec, steps }),
    log: fields(logSource),
  }, "must name a scenario and a case, or a log and its base, or an image and steps"),
  profile: text,
  preset: text,
  traceHash: text,
  crashAfterEvent: numberFrom(-1),
  ...crash,
  nested: v.exactOptional(listOf(fields({ afterEvent: numberFrom(-1), ...crash }))),
  violation: fields({ kind: oneOf(...VIOLATION_KINDS), subject: text, detail: text }),
  explanation: v.exactOptional(listOf(text)),
  trace: v.exactOptional(
    fields({ base: text, around: text, checkedWith: text, events: listOf(text) }),
  ),
});

/** Read a replay file. Throws {@linkcode UsageError} with the field that is wrong. */
export function parseReplayFile(json: string, path = "replay file"): ReplayFile {
  return parseJson(schema, json, { source: path, reviver: withCurrentNames });
}
