import { OptionTable } from "./_option_table.ts";
import { isNegation, type Occurrence, scanArgs } from "./_scan_args.ts";

/** Options for {@linkcode parseArgs}. */
export interface ParseOptions<
  TBoolean extends boolean | string = boolean | string,
  TString extends string = string,
  TCollect extends string = string,
  TNegatable extends string = string,
  TDefault extends Record<string, unknown> = Record<string, unknown>,
  TDoubleDash extends boolean = boolean,
> {
  /** Put what comes after `--` into a list of its own, `"--"`, and not with the operands. */
  "--"?: TDoubleDash;
  /** Other names: the result has the value under each of them. */
  alias?: Record<string, string | readonly string[]>;
  /** Options that are `true` or `false`. `true` stands for every long option without a value. */
  boolean?: TBoolean | readonly Extract<TBoolean, string>[];
  /** Values for options that do not occur. */
  default?: TDefault;
  /** Options that end the parsing when an operand comes: the operands are all that follows. */
  stopEarly?: boolean;
  /** Options that take a string. `"_"` keeps operands from becoming numbers. */
  string?: TString | readonly TString[];
  /** Options of which every occurrence counts: their value is a list. */
  collect?: TCollect | readonly TCollect[];
  /** Options that `--no-` and their name turns off. */
  negatable?: TNegatable | readonly TNegatable[];
  /**
   * Called for operands and for options that nobody declared. If it returns `false`, they are left
   * out of the result.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/**
 * What `parseArgs` returns: the declared options, each with the type that its declaration implies;
 * the operands in `_`; anything else, aliases too, as `unknown`.
 *
 * Only a string of which there is one at most, and that has no default, may be missing.
 */
export type Args<
  TBoolean extends string = never,
  TString extends string = never,
  TCollect extends string = never,
  TNegatable extends string = never,
  TDefault = Record<never, never>,
  TDoubleDash extends boolean = false,
> =
  & { [name: string]: unknown }
  & {
    [TName in TString as TName extends TCollect | keyof TDefault | "_" ? never : TName]?:
      | string
      | (TName extends TNegatable ? false : never)
      | undefined;
  }
  & {
    [
      TName in TBoolean | TString as TName extends TBoolean | TCollect | keyof TDefault ? TName
        : never
    ]:
      | (TName extends TCollect ? (TName extends TBoolean ? boolean : string)[]
        : TName extends TBoolean ? boolean
        : string)
      | (TName extends TNegatable ? false : never)
      | (TName extends keyof TDefault ? TDefault[TName] : never);
  }
  & { _: Array<string | number> }
  & (TDoubleDash extends true ? { "--": string[] } : unknown);

/**
 * Reads a command line.
 *
 * Options are `--name`, `--name=value`, `--name value`, `-n`, `-n value` and groups as in `-abc`.
 * What nobody declared is `true`, or the string or number that follows. What belongs to no option is
 * an operand, in `_`. Unlike the original, a name with a dot in it is a name like any other.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseArgs } from "@std/cli";
 *
 * const flags = parseArgs(["check", "--repair", "--seed=7", "-v", "--no-color", "disk.qed"], {
 *   boolean: ["repair", "verbose", "color"],
 *   string: ["seed"],
 *   negatable: ["color"],
 *   default: { color: true, seed: "0" },
 *   alias: { verbose: "v" },
 * });
 * assertEquals(flags._, ["check", "disk.qed"]);
 * assertEquals(flags.seed.length, 1);
 * assertEquals([flags.repair, flags.color, flags.verbose, flags.v], [true, false, true, true]);
 * ```
 *
 * @param args the arguments, as in `Deno.args`
 * @param options what is declared
 * @returns the options by name, and the operands in `_`
 */
export function parseArgs<
  TBoolean extends boolean | string = never,
  TString extends string = never,
  TCollect extends string = never,
  TNegatable extends string = never,
  TDefault extends Record<string, unknown> = Record<never, never>,
  TDoubleDash extends boolean = false,
>(
  args: string[],
  options?: ParseOptions<
    TBoolean,
    TString,
    TCollect,
    TNegatable,
    TDefault,
    TDoubleDash
  >,
): Args<Extract<TBoolean, string>, TString, TCollect, TNegatable, TDefault, TDoubleDash>;
export function parseArgs(args: string[], options: ParseOptions = {}): Record<string, unknown> {
  const table = new OptionTable(options);
  const { occurrences, rest, tail } = scanArgs(args, table, options.stopEarly ?? false);
  const result = new Map<string, unknown>();
  const operands: string[] = [];
  for (const occurrence of occurrences) {
    if (isRefused(occurrence, table, options)) continue;
    if (occurrence.type === "operand") operands.push(occurrence.arg);
    else setOption(occurrence, table, result);
  }
  operands.push(...rest);
  if (!options["--"]) operands.push(...tail);
  setMissing(table, options.default ?? {}, result);

  const toOperand = table.stringNames.has("_") ? String : toNumberIfOne;
  result.set("_", operands.map(toOperand));
  if (options["--"]) result.set("--", tail);
  return Object.fromEntries(result);
}

function isRefused(occurrence: Occurrence, table: OptionTable, options: ParseOptions): boolean {
  const { unknown } = options;
  if (unknown === undefined) return false;
  if (occurrence.type === "operand") return unknown(occurrence.arg) === false;
  const { arg, name, value } = occurrence;
  if (isNegation(name, table) || table.isKnown(name, arg)) return false;
  return unknown(arg, name, value ?? true) === false;
}

function setOption(
  { arg, name, value }: Occurrence & { type: "option" },
  table: OptionTable,
  result: Map<string, unknown>,
): void {
  if (value === undefined && isNegation(name, table)) {
    setAll(table.namesOf(name.slice("no-".length)), false, result);
    return;
  }
  const converted = convert(arg, name, value, table);
  const previous = result.get(name);
  const next = !table.isCollected(name)
    ? converted
    : Array.isArray(previous)
    ? [...previous, converted]
    : [converted];
  setAll(table.namesOf(name), next, result);
}

function convert(arg: string, name: string, value: string | undefined, table: OptionTable) {
  switch (table.kindOf(name, arg)) {
    case "boolean":
      return value !== "false";
    case "string":
      return value ?? "";
    case "open":
      return value === undefined ? true : toNumberIfOne(value);
  }
}

/** Options that do not occur: their default, or what stands for nothing in their kind. */
function setMissing(
  table: OptionTable,
  defaults: Record<string, unknown>,
  result: Map<string, unknown>,
): void {
  for (const [name, value] of Object.entries(defaults)) {
    if (!result.has(name)) setAll(table.namesOf(name), value, result);
  }
  for (const name of table.booleanNames) {
    if (!result.has(name)) result.set(name, table.isCollected(name) ? [] : false);
  }
  for (const name of table.stringNames) {
    if (!result.has(name) && table.isCollected(name)) result.set(name, []);
  }
}

function setAll(names: Iterable<string>, value: unknown, result: Map<string, unknown>): void {
  for (const name of names) result.set(name, value);
}

/** `"0x1f"` and `"-1.5e3"` become numbers; anything else stays as it is. */
function toNumberIfOne(text: string): string | number {
  const isNumber = /^(?:0x[0-9a-f]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)$/i.test(text);
  return isNumber ? Number(text) : text;
}
