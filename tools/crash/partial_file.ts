import type { PartialResult } from "../../harness/mod.ts";
import type { ProblemInput } from "./problem.ts";
import { readTextFile, writeTextFile } from "../kit/files.ts";
import { UsageError } from "../kit/usage_error.ts";
import { withCurrentNames } from "./former_names.ts";

/** What was done of some searches, as a file: `--out` writes it, `--resume` and `merge` read it. */
export interface PartialFile {
  /** The version of this format. */
  readonly powercut: 1;
  /** Tells it from other files of ours. */
  readonly kind: "partial";
  /** Each search, and what was done of it. */
  readonly searches: readonly PartialSearch[];
}

/** One search of a file. */
export interface PartialSearch {
  /** What is searched. */
  readonly input: ProblemInput;
  /** What was done. */
  readonly partial: PartialResult;
}

/** Read a file of partial results. Throws {@linkcode UsageError} that names the field that is wrong. */
export function readPartialFile(path: string): PartialFile {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(readTextFile(path), withCurrentNames);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path}: not a file of partial results: ${(error as Error).message}`);
  }
  const refuse = (field: string, rule: string): never => {
    throw new UsageError(`${path}: ${field} ${rule}`);
  };
  if (parsed?.powercut !== 1) refuse("powercut", "must be 1");
  if (parsed.kind !== "partial") refuse("kind", 'must be "partial"');
  if (!Array.isArray(parsed.searches)) refuse("searches", "must be a list");
  (parsed.searches as unknown[]).forEach((search, i) => {
    const rule = brokenRule(search);
    if (rule) refuse(`searches[${i}].${rule.field}`, rule.rule);
  });
  return parsed as unknown as PartialFile;
}

/** Write a file of partial results. Throws {@linkcode UsageError} if that can't be done. */
export function writePartialFile(path: string, searches: readonly PartialSearch[]): void {
  const file: PartialFile = { powercut: 1, kind: "partial", searches };
  writeTextFile(path, `${JSON.stringify(file)}\n`);
}

type Fields = Readonly<Record<string, unknown>>;

function brokenRule(search: unknown): { field: string; rule: string } | undefined {
  const { input, partial } = (search ?? {}) as { input?: Fields; partial?: Fields };
  const isIndex = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isInput = typeof input?.preset === "string" && isIndex(input.depth) &&
    (typeof input.scenario === "string" && isIndex(input.case) ||
      typeof input.log === "string" && typeof input.base === "string");
  if (!isInput) {
    return { field: "input", rule: "must name a scenario and a case, or a log and a base" };
  }
  const shard = partial?.shard as Fields | undefined;
  const effort = partial?.effort as Fields | undefined;
  const rules: readonly (readonly [string, string, boolean])[] = [
    ["traceHash", "must be a text", typeof partial?.traceHash === "string"],
    ["depth", "must be a number", isIndex(partial?.depth)],
    ["shard", "must have an index and a count", isIndex(shard?.index) && isIndex(shard?.count)],
    ["isComplete", "must be true or false", typeof partial?.isComplete === "boolean"],
    ["items", "must be a list of pairs", isPairs(partial?.items, isIndex)],
    ["effort", "must have three numbers", EFFORT.every((name) => isIndex(effort?.[name]))],
    ["findings", "must be a list of sightings", isSightings(partial?.findings)],
  ];
  const broken = rules.find(([, , holds]) => !holds);
  return broken && { field: `partial.${broken[0]}`, rule: broken[1] };
}

const EFFORT = ["recoveries", "known", "additions"] as const;

function isPairs(value: unknown, isIndex: (value: unknown) => boolean): boolean {
  return Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isIndex));
}

function isSightings(value: unknown): boolean {
  return Array.isArray(value) &&
    value.every((each) =>
      typeof each?.violation?.kind === "string" && typeof each?.violation?.subject === "string" &&
      Number.isSafeInteger(each.event) && Number.isSafeInteger(each.size) &&
      Number.isSafeInteger(each.occurrences) && Array.isArray(each.item) &&
      Array.isArray(each.persisted?.byUnit)
    );
}
