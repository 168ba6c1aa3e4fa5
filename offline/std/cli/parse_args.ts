import { Declarations } from "./_declarations.ts";
import { getNested, hasNested, type Nested, setNested } from "./_nested.ts";
import { type Item, type OptionItem, scanArgs } from "./_scan_args.ts";
import type { Flat, Values } from "./_values.ts";

/** Options for {@linkcode parseArgs}. */
export interface ParseOptions<
  TBooleans extends boolean | string | undefined = boolean | string | undefined,
  TStrings extends string | undefined = string | undefined,
  TCollectable extends string | undefined = string | undefined,
  TNegatable extends string | undefined = string | undefined,
  TDefaults extends Record<string, unknown> | undefined = Flat<
    & Record<string, unknown>
    & { [K in Extract<TBooleans | TStrings, string>]?: unknown }
  >,
  TAliases extends
    | Partial<Record<string, string | readonly string[]>>
    | undefined =
      | Partial<Record<string, string | readonly string[]>>
      | undefined,
  TDoubleDash extends boolean | undefined = boolean | undefined,
> {
  /** Put what follows `--` into a list of its own, `"--"`, and not with the operands. */
  "--"?: TDoubleDash;
  /** Other names: the result has the value under each of them. */
  alias?: TAliases;
  /** Options that are `true` or `false`. `true` stands for every long option without a value. */
  boolean?: TBooleans | ReadonlyArray<Extract<TBooleans, string>>;
  /** Values for options that do not occur. */
  default?: TDefaults;
  /** Whether the first operand ends the options: all that follows is operands. */
  stopEarly?: boolean;
  /** Options that take a string. `"_"` keeps operands from becoming numbers. */
  string?: TStrings | ReadonlyArray<Extract<TStrings, string>>;
  /** Options whose value is a list, of every occurrence. */
  collect?: TCollectable | ReadonlyArray<Extract<TCollectable, string>>;
  /** Options that `--no-` and their name turns off. */
  negatable?: TNegatable | ReadonlyArray<Extract<TNegatable, string>>;
  /**
   * Called for each operand and each option that is not declared. If it returns `false`, the result
   * leaves them out.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The result of {@linkcode parseArgs}: options by name, operands in `_`. */
export type Args<
  // deno-lint-ignore no-explicit-any
  TArgs extends Record<string, unknown> = Record<string, any>,
  TDoubleDash extends boolean | undefined = undefined,
> = Flat<
  & TArgs
  & { _: Array<string | number> }
  & ([TDoubleDash] extends [true] ? { "--": string[] }
    : true extends TDoubleDash ? { "--"?: string[] }
    : unknown)
>;

/**
 * Splits a command line into options and operands.
 *
 * An option is `--name`, `--name=value`, `--name value`, `-n`, `-n value`, or one of a group as in
 * `-abc`; `-nvalue` will do if the value is a number or starts with punctuation. An option that is
 * not declared takes the next argument for its value, or is `true`. Text that looks like a number
 * becomes one, unless the option is declared a string. A dot in a name makes an object: `--a.b 1`
 * gives `{ a: { b: 1 } }`.
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
 * assertEquals([flags.repair, flags.color, flags.verbose, flags.v], [true, false, true, true]);
 * assertEquals(flags.seed, "7");
 * ```
 *
 * @param args the arguments, as in `Deno.args`
 * @param options the declared options
 * @returns the options by name, and the operands in `_`
 * @throws {TypeError} if an alias is `undefined`, an option is named `_`, or the name of one option
 * makes an object of the value of another
 */
export function parseArgs<
  TArgs extends Values<
    TBooleans,
    TStrings,
    TCollectable,
    TNegatable,
    TDefaults,
    TAliases
  >,
  TDoubleDash extends boolean | undefined = undefined,
  TBooleans extends boolean | string | undefined = undefined,
  TStrings extends string | undefined = undefined,
  TCollectable extends string | undefined = undefined,
  TNegatable extends string | undefined = undefined,
  TDefaults extends Record<string, unknown> | undefined = undefined,
  TAliases extends
    | Partial<Record<string, TAliasNames | readonly TAliasNames[]>>
    | undefined = undefined,
  TAliasNames extends string = string,
>(
  args: readonly string[],
  options?: ParseOptions<
    TBooleans,
    TStrings,
    TCollectable,
    TNegatable,
    TDefaults,
    TAliases,
    TDoubleDash
  >,
): Args<TArgs, TDoubleDash>;
export function parseArgs(
  args: readonly string[],
  options: ParseOptions = {},
): Record<string, unknown> {
  const declared = new Declarations(options);
  const result: Nested = { _: [] };
  const operands: (string | number)[] = [];
  const end = args.indexOf("--");
  const head = end < 0 ? args : args.slice(0, end);
  const tail = end < 0 ? [] : args.slice(end + 1);

  for (const item of scanArgs(head, declared)) {
    const isAccepted = isKnown(item, declared) ||
      callUnknown(item, options) !== false;
    if (item.kind === "option") {
      if (isAccepted) setOption(item, declared, result);
      continue;
    }
    if (isAccepted) {
      operands.push(
        declared.isString("_") ? item.arg : toNumberIfOne(item.arg),
      );
    }
    if (options.stopEarly) {
      operands.push(...head.slice(item.index + 1));
      break;
    }
  }
  setMissing(options.default ?? {}, declared, result);
  result._ = options["--"] ? operands : [...operands, ...tail];
  if (options["--"]) result["--"] = tail;
  return result;
}

function isKnown(item: Item, declared: Declarations): boolean {
  return item.kind === "option" && declared.isKnown(item.name, item.arg);
}

function callUnknown(item: Item, { unknown }: ParseOptions): unknown {
  return item.kind === "option" ? unknown?.(item.arg, item.name, item.value) : unknown?.(item.arg);
}

function setOption(
  { arg, name, value }: OptionItem,
  declared: Declarations,
  result: Nested,
): void {
  if (/^_(\.|$)/.test(name)) {
    throw new TypeError("Cannot set '_': it holds the operands");
  }
  const isNumber = typeof value === "string" && !declared.isString(name);
  const converted = isNumber ? toNumberIfOne(value) : value;
  const isNegation = arg === `--no-${name}`;
  for (const each of declared.namesOf(name)) {
    const previous = getNested(result, each);
    const values = Array.isArray(previous) ? previous : [];
    const isCollected = declared.isCollected(name) && !isNegation;
    setNested(result, each, isCollected ? [...values, converted] : converted);
  }
}

/** Gives each option that does not occur its default, or the value that means nothing. */
function setMissing(
  defaults: Nested,
  declared: Declarations,
  result: Nested,
): void {
  for (const [name, value] of Object.entries(defaults)) {
    if (hasNested(result, name)) continue;
    for (const each of declared.namesOf(name)) setNested(result, each, value);
  }
  for (const [name, value] of declared.emptyValues()) {
    if (!hasNested(result, name)) setNested(result, name, value);
  }
}

function toNumberIfOne(text: string): string | number {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
