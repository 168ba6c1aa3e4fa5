/**
 * JSON files that the user names: each has a schema, and a message names the field that breaks it.
 *
 * @module
 */
import * as v from "valibot";
import { didYouMean } from "./nearest.ts";
import { UsageError } from "./usage_error.ts";

/** A schema for values of type `T`. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** How {@linkcode parseJson} reads a text. */
export interface ParseJsonOptions {
  /** The file or option that the text comes from, for messages. */
  readonly source: string;
  /** Changes values before they are checked, as for `JSON.parse`. */
  readonly reviver?: (key: string, value: unknown) => unknown;
}

/**
 * Parse JSON and check it. Throws {@linkcode UsageError} with the path of the first wrong field, such
 * as `a.json: choices[0] is 2.5: must be a whole number from 0 on`.
 */
export function parseJson<T>(
  schema: Schema<T>,
  text: string,
  { source, reviver }: ParseJsonOptions,
): T {
  let json: unknown;
  try {
    json = JSON.parse(text, reviver);
  } catch (error) {
    throw new UsageError(`${source}: ${(error as Error).message}`);
  }
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new UsageError(`${source}: ${placeOf(issue)} is ${valueOf(issue)}${ruleOf(issue)}`);
}

/** A text. */
export const text = v.string("must be a text");

/** A whole number from 0 on. */
export const count = numberFrom(0);

/** A whole number in a range. */
export function numberFrom(min: number, max = Number.MAX_SAFE_INTEGER): Schema<number> {
  const rule = max === Number.MAX_SAFE_INTEGER
    ? `must be a whole number from ${min} on`
    : `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(rule),
    v.safeInteger(rule),
    v.minValue(min, rule),
    v.maxValue(max, rule),
  );
}

/** One of some texts. */
export function oneOf<const T extends string>(...values: readonly T[]): Schema<T> {
  return v.picklist(values, `must be ${values.length > 1 ? "one of " : ""}${values.join(", ")}`);
}

/** A list. */
export function listOf<T>(item: Schema<T>): Schema<T[]> {
  return v.array(item, "must be a list");
}

/** An object whose keys are names. */
export function mapOf<T>(value: Schema<T>): Schema<Record<string, T>> {
  return v.record(v.string(), value, "must be an object");
}

/** The rule for an object that lacks a field, has an unknown one, or is none. */
export function objectRule(known: readonly string[]): (issue: v.BaseIssue<unknown>) => string {
  return ({ expected, input }) => {
    if (expected === "Object") return "must be an object";
    if (expected !== "never") return MISSING;
    const hint = didYouMean(String(input), known);
    return `unknown field${hint || `, not one of ${known.join(", ")}`}`;
  };
}

/** Where an issue is: `choices[0]`, or `the file` for all of it. */
function placeOf({ path }: v.BaseIssue<unknown>): string {
  const place = (path ?? []).map(({ type, key }) => type === "array" ? `[${key}]` : `.${key}`).join(
    "",
  );
  return place.replace(/^\./, "") || "the content";
}

/** The value that breaks a rule; the object's value for an unknown key. */
function valueOf({ path, input, expected }: v.BaseIssue<unknown>): string {
  const value = expected === "never" ? path?.at(-1)?.value : input;
  const json = JSON.stringify(value) ?? "missing";
  return json.length > 200 ? `${json.slice(0, 200)}...` : json;
}

/** The rule; a missing field needs none, unless only some values are permitted. */
function ruleOf({ message }: v.BaseIssue<unknown>): string {
  return message === MISSING ? "" : `: ${message}`;
}

const MISSING = "must be given";
