/** The searches of the command line as plain data, from which workers and other machines set them up. */
import type { Problem } from "../../harness/advanced.ts";
import { SCENARIOS } from "../../scenarios/catalog.ts";
import { lookUpPreset } from "../../scenarios/qed/look_up.ts";
import { type RecordedLog, setUpLog } from "../../scenarios/qed/recorded_log.ts";
import { type Case, guestBytesOf, setUp } from "../../scenarios/qed/scenario.ts";
import { readFile } from "../kit/files.ts";
import { UsageError } from "../kit/usage_error.ts";

/** A case of a scenario. */
export interface CaseInput {
  /** The scenario's name. */
  readonly scenario: string;
  /** The case's number in the scenario. */
  readonly case: number;
  /** The preset's name. */
  readonly preset: string;
  /** The number of crashes in a row. */
  readonly depth: number;
}

/** A recorded log. */
export interface LogInput {
  /** The log's path. */
  readonly log: string;
  /** The path of the image before it. */
  readonly base: string;
  /** The preset's name. */
  readonly preset: string;
  /** The number of crashes in a row. */
  readonly depth: number;
}

/** A search. */
export type ProblemInput = CaseInput | LogInput;

/** Set a problem up. Throws {@linkcode UsageError} if there is no such thing. */
export function problemOf(input: ProblemInput): Problem {
  // In a worker: files stay open for as long as it lives.
  if ("log" in input) return logProblem(openLog(input.log, input.base), input);
  const each = caseOf(input);
  const { log, target } = setUp(each);
  const options = { guestBytes: guestBytesOf(each), depth: input.depth };
  return { log, target, preset: each.preset, options };
}

/**
 * Read a recorded log, and open the image as it was before it. Throws {@linkcode UsageError} if the log
 * cannot be read, and otherwise as `setUpLog` does.
 */
export function openLog(path: string, basePath: string): RecordedLog {
  return setUpLog({ path, bytes: readFile(path) }, basePath);
}

/** The problem of a log that was set up. */
export function logProblem(
  { log, target, guestBytes }: RecordedLog,
  { preset, depth }: LogInput,
): Problem {
  return { log, target, preset: lookUpPreset(preset), options: { guestBytes, depth } };
}

/** A case by the name of its scenario and its number there; undefined if there is none. */
export function findCase(scenario: string, index: number): Case | undefined {
  return SCENARIOS.find(({ name }) => name === scenario)?.cases?.[index];
}

/** The case that an input names, under its preset. */
export function caseOf({ scenario: name, case: index, preset }: CaseInput): Case {
  const each = findCase(name, index);
  if (!each) throw new UsageError(`there is no case ${index} of a scenario "${name}"`);
  return { ...each, preset: lookUpPreset(preset) };
}
