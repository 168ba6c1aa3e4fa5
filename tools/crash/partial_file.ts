import * as v from "valibot";
import { type PartialResult, VIOLATION_KINDS } from "../../harness/advanced.ts";
import type { ProblemInput } from "./problem.ts";
import { readTextFile, writeTextFile } from "../kit/files.ts";
import { count, listOf, numberFrom, oneOf, parseJson, text } from "../kit/schema.ts";
import { withCurrentNames } from "./former_names.ts";
import { byField, caseSource, fields, logSource } from "./schemas.ts";

/** The work done on some searches, as a file: `--out` writes it, `--resume` and `merge` read it. */
export interface PartialFile {
  /** The version of this format. */
  readonly powercut: 1;
  /** The kind of file. */
  readonly kind: "partial";
  /** Each search, and the work done on it. */
  readonly searches: readonly PartialSearch[];
}

/** One search of a file. */
export interface PartialSearch {
  /** The search. */
  readonly input: ProblemInput;
  /** The work done. */
  readonly partial: PartialResult;
}

const search = { preset: text, depth: count };
const items = v.tuple([count, count], "must be a pair of numbers");

/** The stored part of a sighting; its state is checked when it is built. */
const sighting = fields({
  violation: fields({ kind: oneOf(...VIOLATION_KINDS), subject: text, detail: text }),
  occurrences: count,
  event: numberFrom(-1),
  persisted: fields({ byUnit: v.array(v.any(), "must be a list") }),
  size: count,
  item: items,
});

const schema = fields({
  powercut: v.literal(1, "must be 1"),
  kind: v.literal("partial", 'must be "partial"'),
  searches: listOf(fields({
    input: byField({
      scenario: fields({ ...caseSource, ...search }),
      log: fields({ ...logSource, ...search }),
    }, "must name a scenario and a case, or a log and a base"),
    partial: fields({
      traceHash: text,
      depth: count,
      shard: fields({ index: count, count }),
      isComplete: v.boolean("must be true or false"),
      items: listOf(items),
      effort: fields({ recoveries: count, known: count, additions: count }),
      findings: listOf(sighting),
    }),
  })),
});

/** Read a file of partial results. Throws `UsageError` with the field that is wrong. */
export function readPartialFile(path: string): PartialFile {
  const json = readTextFile(path);
  return parseJson(schema, json, { source: path, reviver: withCurrentNames });
}

/** Write a file of partial results. Throws {@linkcode UsageError} if that can't be done. */
export function writePartialFile(path: string, searches: readonly PartialSearch[]): void {
  const file: PartialFile = { powercut: 1, kind: "partial", searches };
  writeTextFile(path, `${JSON.stringify(file)}\n`);
}
