import { parseArgs } from "@std/cli/parse-args";
import type { Command, Option } from "./command.ts";
import { joinValues } from "./join_values.ts";
import { didYouMean } from "./nearest.ts";
import { UsageError } from "./usage_error.ts";

/** The arguments of a command, checked against its declaration. */
export class ParsedArgs<Name extends string = string, OperandName extends string = string> {
  /** The arguments as they were typed. */
  readonly words: readonly string[];
  readonly #parts: Parts;

  /** Use {@linkcode parseCommandArgs}. */
  constructor(words: readonly string[], parts: Parts) {
    this.words = words;
    this.#parts = parts;
  }

  /** Whether an option was given. */
  has(long: Name): boolean {
    return this.#parts.flags.has(long) || this.#parts.values.has(long);
  }

  /** The value of an option. */
  value(long: Name): string | undefined {
    return this.#parts.values.get(long)?.at(-1);
  }

  /** All values of an option that may be given several times. */
  values(long: Name): readonly string[] {
    return this.#parts.values.get(long) ?? [];
  }

  /** The value of an option whose declaration lists the permitted ones. */
  choice<T extends string>(long: Name, choices: readonly T[]): T | undefined {
    const value = this.value(long);
    return choices.find((choice) => choice === value);
  }

  /** The value of an option that is a whole number. Throws {@linkcode UsageError} for another one. */
  count(long: Name, { min = 1, max }: CountRange): number | undefined {
    const text = this.value(long);
    if (text === undefined) return undefined;
    const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (number >= min && number <= max) return number;
    throw new UsageError(`--${long} must be a whole number from ${min} to ${max}, not '${text}'`);
  }

  /**
   * A required operand. Throws {@linkcode UsageError} if any required one is missing, and names all
   * of these.
   */
  operand(name: OperandName): string {
    this.#requireAll();
    return this.optionalOperand(name) ?? "";
  }

  /** An optional operand. */
  optionalOperand(name: OperandName): string | undefined {
    return this.#parts.operands.get(name)?.[0];
  }

  /** All values of an operand that may be given several times; at least one, unless it is optional. */
  operands(name: OperandName): readonly string[] {
    this.#requireAll();
    return this.#parts.operands.get(name) ?? [];
  }

  #requireAll(): void {
    const { missing } = this.#parts;
    if (missing.length > 0) throw new UsageError(`missing operand ${missing.join(" and ")}`);
  }
}

/** The numbers that an option takes; from 1 if no minimum is given. */
export interface CountRange {
  /** The smallest one. */
  readonly min?: number;
  /** The largest one. */
  readonly max: number;
}

interface Parts {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly operands: ReadonlyMap<string, readonly string[]>;
  readonly missing: readonly string[];
}

/**
 * Parse the arguments that follow the name of `command`. Throws {@linkcode UsageError} for unknown
 * options, values that are missing or not permitted, options that exclude each other, and too many
 * operands. A missing operand is an error only once the command asks for it.
 */
export function parseCommandArgs(command: Command, args: readonly string[]): ParsedArgs {
  const unknown: string[] = [];
  const withValue = command.options.filter((option) => option.value !== undefined);
  const withoutValue = command.options.filter((option) => option.value === undefined);
  refuseFlagValues(withoutValue, args);
  const [signed, unsigned] = takeSigned(command, args);
  const spellings = withValue.flatMap(({ short, long }) =>
    short ? [`-${short}`, `--${long}`] : [`--${long}`]
  );
  const words = joinValues(unsigned, spellings);
  const parsed: Record<string, unknown> & { readonly _: readonly unknown[] } = parseArgs(words, {
    string: ["_", ...withValue.map((option) => option.long)],
    boolean: withoutValue.map((option) => option.long),
    collect: withValue.map((option) => option.long),
    alias: Object.fromEntries(
      command.options.flatMap(({ short, long }) => short ? [[short, long]] : []),
    ),
    unknown: (arg, key) => {
      if (key !== undefined) unknown.push(arg);
      return key === undefined;
    },
  });
  if (unknown.length > 0) throw unknownOption(command, unknown[0]);

  const values = new Map<string, readonly string[]>();
  for (const option of withValue) {
    const given = parsed[option.long] as readonly string[];
    given.forEach((value) => checkValue(option, value));
    if (given.length > 1 && !option.isRepeatable) {
      throw new UsageError(`${spelling(option)} cannot be given more than once`);
    }
    if (given.length > 0) values.set(option.long, given);
  }
  const flags = new Set(
    withoutValue.filter(({ long }) => parsed[long] === true).map(({ long }) => long),
  );
  for (const [one, other] of command.conflicts ?? []) {
    const isGiven = (long: string) => flags.has(long) || values.has(long);
    if (isGiven(one) && isGiven(other)) throw cannotCombine(one, other);
  }
  return new ParsedArgs(args, {
    flags,
    values,
    ...nameOperands(command, [...parsed._.map(String), ...signed]),
  });
}

/** The error for options, without their dashes, that exclude each other. */
function cannotCombine(one: string, other: string): UsageError {
  return new UsageError(`--${one} cannot be combined with --${other}`);
}

/** How an option is written: `-f` or `--output`. */
export function spelling(option: Option): string {
  return option.short ? `-${option.short}` : `--${option.long}`;
}

function checkValue(option: Option, value: string): void {
  const { choices } = option;
  if (value === "" && option.mayBeEmpty) return;
  if (value === "") throw new UsageError(`${spelling(option)} needs a value: ${option.value}`);
  if (!choices || choices.includes(value)) return;
  const hint = didYouMean(value, choices);
  throw new UsageError(
    `${spelling(option)} must be ${choices.join(" or ")}, not '${value}'${hint}`,
  );
}

/** `--json=yes`: the parser would take the option and ignore the value. */
function refuseFlagValues(withoutValue: readonly Option[], args: readonly string[]): void {
  for (const arg of args) {
    if (arg === "--") return;
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (withoutValue.some(({ long }) => long === name)) {
      throw new UsageError(`--${name} takes no value, but is given '${value}'`);
    }
  }
}

function unknownOption(command: Command, arg: string): UsageError {
  const name = arg.replace(/=.*/s, "");
  const known = command.options.flatMap(({ short, long }) => [
    ...(short ? [`-${short}`] : []),
    `--${long}`,
  ]);
  return new UsageError(`unknown option '${name}'${didYouMean(name, [...known, "--help"])}`);
}

/** Where the last operand may begin with a minus, it is no option: found and taken out. */
function takeSigned(command: Command, args: readonly string[]): [string[], string[]] {
  const isSigned = (arg: string) => command.operands.at(-1)?.isSigned === true && /^-\d/.test(arg);
  return [args.filter(isSigned), args.filter((arg) => !isSigned(arg))];
}

function nameOperands(command: Command, given: readonly string[]) {
  const { operands } = command;
  const last = operands.length - 1;
  if (given.length > operands.length && !operands[last]?.isRepeatable) {
    throw new UsageError(`unexpected operand '${given[operands.length]}'`);
  }
  const named = new Map<string, string[]>();
  given.forEach((value, i) => {
    const { name } = operands[Math.min(i, last)];
    named.set(name, [...named.get(name) ?? [], value]);
  });
  return {
    operands: named,
    missing: operands.slice(given.length).filter(({ isOptional }) => !isOptional)
      .map(({ name }) => name),
  };
}
