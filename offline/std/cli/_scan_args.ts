import { parseArgs as tokenize } from "node:util";
import type { OptionTable } from "./_option_table.ts";

/** One option or one operand, in the order of the command line. */
export type Occurrence =
  /** An option, as written in `arg`; its value is `undefined` if it has none. */
  | { type: "option"; arg: string; name: string; value: string | undefined }
  /** An operand: what belongs to no option. */
  | { type: "operand"; arg: string };

/** A command line, taken apart. */
export interface ScannedArgs {
  /** Options and operands. */
  occurrences: Occurrence[];
  /** From the first operand on, if that ends the options. */
  rest: string[];
  /** What comes after `--`. */
  tail: string[];
}

/** Takes a command line apart, without looking at what the values say. */
export function scanArgs(
  args: readonly string[],
  table: OptionTable,
  stopEarly: boolean,
): ScannedArgs {
  const terminatorIndex = args.indexOf("--");
  const head = terminatorIndex < 0 ? [...args] : args.slice(0, terminatorIndex);
  const tail = terminatorIndex < 0 ? [] : args.slice(terminatorIndex + 1);
  const tokens = tokenizeHead(head, table);
  const occurrences: Occurrence[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    const arg = head[token.index];
    if (token.kind !== "option") {
      if (stopEarly) return { occurrences, rest: head.slice(token.index), tail };
      occurrences.push({ type: "operand", arg });
      continue;
    }
    let value = token.value;
    const next = tokens[index + 1];
    if (value === undefined && next?.kind === "positional") {
      if (takesNext(token.name, arg, next.value, table)) {
        value = next.value;
        index++;
      }
    }
    occurrences.push({ type: "option", arg, name: token.name, value });
  }
  return { occurrences, rest: [], tail };
}

function takesNext(name: string, arg: string, next: string, table: OptionTable): boolean {
  if (isNegation(name, table)) return false;
  const kind = table.kindOf(name, arg);
  return kind === "open" || (kind === "boolean" && (next === "true" || next === "false"));
}

/** Whether the name is `no-` and that of an option which can be turned off. */
export function isNegation(name: string, table: OptionTable): boolean {
  return name.startsWith("no-") && table.isNegatable(name.slice("no-".length));
}

function tokenizeHead(head: readonly string[], table: OptionTable) {
  const names = [...table.stringNames].filter((name) => name !== "_");
  const options = Object.fromEntries(names.map((name) => [
    name,
    { type: "string" as const, ...(name.length === 1 ? { short: name } : {}) },
  ]));
  return tokenize({
    args: head.map((arg, index) => withoutValue(arg, head[index + 1], table)),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

/**
 * An option that wants a string does not take another option for it. The tokenizer would, unless it
 * is told that the value is empty.
 */
function withoutValue(arg: string, next: string | undefined, table: OptionTable): string {
  const name = /^(?:--|-(?=.$))([^=]+)$/u.exec(arg)?.[1];
  const isOption = next !== undefined && next.startsWith("-") && next !== "-";
  return name !== undefined && isOption && table.stringNames.has(name) ? `--${name}=` : arg;
}
