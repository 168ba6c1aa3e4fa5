import { parseArgs } from "@std/cli/parse-args";
import type { Command, Option } from "./command.ts";
import { joinValues } from "./join_values.ts";
import { nearest } from "./nearest.ts";
import { UsageError } from "./usage_error.ts";

/** The arguments of a command, taken apart and checked against what it declares. */
export class ParsedArgs {
  readonly #flags: ReadonlySet<string>;
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #operands: ReadonlyMap<string, readonly string[]>;
  readonly #missing: readonly string[];

  /** Use {@linkcode parseCommandArgs}. */
  constructor(parts: {
    readonly flags: ReadonlySet<string>;
    readonly values: ReadonlyMap<string, readonly string[]>;
    readonly operands: ReadonlyMap<string, readonly string[]>;
    readonly missing: readonly string[];
  }) {
    this.#flags = parts.flags;
    this.#values = parts.values;
    this.#operands = parts.operands;
    this.#missing = parts.missing;
  }

  /** Whether an option without value was given. */
  has(long: string): boolean {
    return this.#flags.has(long);
  }

  /** The value of an option; the last one, if it was given several times. */
  value(long: string): string | undefined {
    return this.#values.get(long)?.at(-1);
  }

  /** The value of an option that can only have certain ones, which its declaration has checked. */
  choice<T extends string>(long: string, choices: readonly T[]): T | undefined {
    const value = this.value(long);
    return choices.find((choice) => choice === value);
  }

  /** All values of an option. */
  values(long: string): readonly string[] {
    return this.#values.get(long) ?? [];
  }

  /** An operand that must be there. Throws {@linkcode UsageError} naming all that are missing. */
  operand(name: string): string {
    const operand = this.optionalOperand(name);
    if (operand !== undefined) return operand;
    throw new UsageError(`Missing operand ${this.#missing.join(" and ")}`);
  }

  /** An operand that may be missing. */
  optionalOperand(name: string): string | undefined {
    return this.#operands.get(name)?.[0];
  }

  /** All of an operand that may be given several times. */
  operands(name: string): readonly string[] {
    return this.#operands.get(name) ?? [];
  }
}

/**
 * Take apart the arguments that follow the name of `command`. Throws {@linkcode UsageError} for
 * unknown options, values that are missing or not among the choices, and too many operands.
 */
export function parseCommandArgs(command: Command, args: readonly string[]): ParsedArgs {
  const unknown: string[] = [];
  const withValue = command.options.filter((option) => option.value !== undefined);
  const withoutValue = command.options.filter((option) => option.value === undefined);
  const [signed, unsigned] = takeSigned(command, args);
  const spellings = withValue.flatMap(({ short, long }) =>
    short ? [`-${short}`, `--${long}`] : [`--${long}`]
  );
  const parsed = parseArgs(joinValues(unsigned, spellings), {
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

  const record: Record<string, unknown> = parsed;
  const values = new Map<string, readonly string[]>();
  for (const option of withValue) {
    const given = record[option.long] as readonly string[];
    given.forEach((value) => checkValue(option, value));
    if (given.length > 1 && !option.isRepeatable) {
      throw new UsageError(`${spelling(option)} is given ${given.length} times; give it once`);
    }
    if (given.length > 0) values.set(option.long, given);
  }
  return new ParsedArgs({
    flags: new Set(
      withoutValue.filter(({ long }) => record[long] === true).map(({ long }) => long),
    ),
    values,
    ...nameOperands(command, [...parsed._.map(String), ...signed]),
  });
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
  throw new UsageError(`${spelling(option)} must be ${choices.join(" or ")}, not '${value}'`);
}

function unknownOption(command: Command, arg: string): UsageError {
  const name = arg.replace(/=.*/, "");
  const known = command.options.flatMap(({ short, long }) => [
    ...(short ? [`-${short}`] : []),
    `--${long}`,
  ]);
  const likely = nearest(name, [...known, "--help"]);
  const hint = likely ? `; did you mean '${likely}'?` : "";
  return new UsageError(`Unknown option '${name}'${hint}`);
}

/** Where the last operand may begin with a minus, it is no option then: found and taken out. */
function takeSigned(command: Command, args: readonly string[]): [string[], string[]] {
  const isSigned = (arg: string) => command.operands.at(-1)?.isSigned === true && /^-\d/.test(arg);
  return [args.filter(isSigned), args.filter((arg) => !isSigned(arg))];
}

function nameOperands(command: Command, given: readonly string[]) {
  const { operands } = command;
  const last = operands.length - 1;
  if (given.length > operands.length && !operands[last]?.isRepeatable) {
    throw new UsageError(`One operand too many: '${given[operands.length]}'`);
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
