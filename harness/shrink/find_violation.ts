/**
 * A search for one violation of a log instead of all: first among the states that hold only durable
 * contents, then among those with one more decision, and so on, and in the end among all. It stops
 * at the first match, in the earliest crash that has it.
 *
 * @module
 */
import { ChoiceError } from "../choices/choices.ts";
import { prepareContext, type ReferenceContext } from "../reference/check_state.ts";
import { EpochSearch } from "../search/epoch_search.ts";
import { spellOutFindings } from "../reference/spell_out.ts";
import { Findings } from "../result/findings.ts";
import { checkFound, type FoundState } from "../reference/check_found.ts";
import type { FoundViolation } from "../result/exploration.ts";
import { Contents } from "../model/contents.ts";
import { epochsOf } from "../model/epochs.ts";
import type { Preset } from "../model/presets.ts";
import type { Recording } from "../target/subject.ts";
import { type Violation, violationKey, type ViolationKind } from "../result/violation.ts";
import { BoundedChoices } from "../choices/bounded_choices.ts";

/** How much may be other than durable, one search after the other. */
const DEPTHS: readonly number[] = Object.freeze([0, 1, 2, 3, Infinity]);

/** The violation to find, and limits of the search. */
export interface FindOptions {
  /** The kind of violation. */
  readonly kind: ViolationKind;
  /** Its subject; any if not given. */
  readonly subject?: string;
  /** The last of {@linkcode DEPTHS} to try; the last of all, which is exhaustive, if not given. */
  readonly maxDecisions?: number;
  /** How many crashes in a row; 1 if not given. */
  readonly depth?: number;
  /** Give up after this many recoveries; never if not given. */
  readonly maxRecoveries?: number;
}

/** The result of a search for a violation. */
export interface Search {
  /** The violation; undefined if no searched state shows one. */
  readonly violation?: FoundViolation;
  /** The maximum number of decisions other than durable in the state that shows it. */
  readonly decisions: number;
  /** Recoveries that were run. */
  readonly recoveries: number;
  /** Whether the search gave up before the end. */
  readonly isCutShort: boolean;
}

/**
 * Find a violation of one kind among the crash states of a recording. Much faster than an
 * exploration if there is one; without one, and without limits, every state is covered.
 */
export function findViolation(
  recording: Omit<Recording, "stepStarts">,
  preset: Preset,
  options: FindOptions,
): Search {
  const { log, target, guestBytes } = recording;
  const context = prepareContext(log, target, preset, { guestBytes });
  const { maxDecisions = Infinity, maxRecoveries = Infinity } = options;
  let recoveries = 0;
  for (const decisions of DEPTHS.filter((depth) => depth <= maxDecisions)) {
    const search = searchWith(context, decisions, {
      ...options,
      maxRecoveries: maxRecoveries - recoveries,
    });
    recoveries += search.recoveries;
    if (search.violation || search.isCutShort) return { ...search, decisions, recoveries };
  }
  return { decisions: maxDecisions, recoveries, isCutShort: false };
}

function searchWith(
  context: ReferenceContext,
  maxDecisions: number,
  options: FindOptions & { readonly maxRecoveries: number },
): Omit<Search, "decisions"> {
  const contents = new Contents();
  const findings = new Findings();
  let known = 0;
  let recoveries = 0;
  for (const epoch of epochsOf(context.log, contents, context.preset)) {
    const choices = new BoundedChoices(maxDecisions);
    const independent = maxDecisions === Infinity;
    const { depth = 1 } = options;
    const search = new EpochSearch(context, epoch, {
      contents,
      choices,
      findings,
      independent,
      depth,
    });
    const before = recoveries;
    do {
      if (recoveries >= options.maxRecoveries) return { recoveries, isCutShort: true };
      search.visit();
      recoveries = before + search.recoveries;
      if (findings.size === known) continue;
      known = findings.size;
      const violation = wantedAmong(findings, context, options);
      if (violation) return { violation, recoveries, isCutShort: false };
    } while (choices.advance());
    search.release();
  }
  return { recoveries, isCutShort: false };
}

/** A finding that is wanted, and shows in its own state too, built as a concrete file. */
function wantedAmong(
  findings: Findings,
  context: ReferenceContext,
  { kind, subject }: FindOptions,
): FoundViolation | undefined {
  const violation = spellOutFindings(findings, context)
    .find((each) => each.kind === kind && (subject === undefined || each.subject === subject));
  if (!violation) return undefined;
  if (showsIn(context, violation, violation)) return violation;
  throw new Error(`explorer: "${violationKey(violation)}" does not show in its own state`);
}

/**
 * Whether a state shows a violation, checked as a concrete file; false if there is no such state.
 */
export function showsIn(
  context: ReferenceContext,
  violation: Violation,
  state: FoundState,
): boolean {
  const key = violationKey(violation);
  try {
    return checkFound(context, state).some((each) => violationKey(each) === key);
  } catch (error) {
    if (error instanceof ChoiceError) return false;
    throw error;
  }
}
