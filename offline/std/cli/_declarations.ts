import type { ParseOptions } from "./parse_args.ts";

/** The declared options, looked up by name or alias. */
export class Declarations {
  readonly #groups = new Map<string, readonly string[]>();
  readonly #boolean: ReadonlySet<string>;
  readonly #string: ReadonlySet<string>;
  readonly #collect: ReadonlySet<string>;
  readonly #negatable: ReadonlySet<string>;
  readonly #isEveryLongFlagBoolean: boolean;

  /** Throws a `TypeError` if a name has the alias `undefined`. */
  constructor(options: ParseOptions) {
    for (const [name, aliases] of Object.entries(options.alias ?? {})) {
      if (aliases === undefined) throw new TypeError("Alias value must be defined");
      const group = [...new Set([name, ...toList(aliases)])];
      for (const member of group) this.#groups.set(member, group);
    }
    const { boolean = [], string = [], collect = [], negatable = [] } = options;
    this.#isEveryLongFlagBoolean = boolean === true;
    this.#boolean = this.#withAliases(typeof boolean === "boolean" ? [] : toList(boolean));
    this.#string = this.#withAliases(toList(string));
    this.#collect = this.#withAliases(toList(collect));
    this.#negatable = this.#withAliases(toList(negatable));
  }

  /** The name and its aliases. */
  namesOf(name: string): readonly string[] {
    return this.#groups.get(name) ?? [name];
  }

  /** Whether the option is `true` or `false`. */
  isBoolean(name: string): boolean {
    return this.#boolean.has(name);
  }

  /** Whether the value stays a string. */
  isString(name: string): boolean {
    return this.#string.has(name);
  }

  /** Whether every occurrence counts. */
  isCollected(name: string): boolean {
    return this.#collect.has(name);
  }

  /** Whether `--no-` and the name turn the option off. */
  isNegatable(name: string): boolean {
    return this.#negatable.has(name);
  }

  /** Whether the long option takes no value but `true` or `false`. */
  isLongFlag(name: string): boolean {
    return this.#isEveryLongFlagBoolean || this.isBoolean(name);
  }

  /** Whether `arg` names an option that the caller declared. */
  isKnown(name: string, arg: string): boolean {
    return this.isBoolean(name) || this.isString(name) || this.isCollected(name) ||
      this.#groups.has(name) || (this.#isEveryLongFlagBoolean && /^--[^=]+$/.test(arg));
  }

  /** The value of each declared option that does not occur and has no default. */
  *emptyValues(): Generator<[name: string, value: false | unknown[]]> {
    for (const name of this.#boolean) yield [name, this.isCollected(name) ? [] : false];
    for (const name of this.#string) if (this.isCollected(name)) yield [name, []];
  }

  #withAliases(names: readonly string[]): ReadonlySet<string> {
    return new Set(names.flatMap((name) => [name, ...this.namesOf(name)]));
  }
}

function toList(names: string | readonly string[]): readonly string[] {
  return typeof names === "string" ? [names] : names;
}
